"""The parts that what a service needs is said with: ports, processes, sections of settings.

Everything is plain data built from a Lab object (paths, ports, secrets); the cloudlab entry
script does the work.
"""

import dataclasses

# name -> standard port.  CLOUDLAB_PORT_OFFSET is added to all of them.
PORTS = {
    'keystone': 5000, 'glance': 9292, 'placement': 8778, 'nova': 8774,
    'nova-metadata': 8775, 'neutron': 9696, 'cinder': 8776, 'swift': 8080,
    'swift-account': 6202, 'swift-container': 6201, 'swift-object': 6200,
    'barbican': 9311, 'designate': 9001, 'octavia': 9876, 'gnocchi': 8041,
    'aodh': 8042, 'mistral': 8989, 'zaqar': 8888, 'manila': 8786,
    'magnum': 9511, 'trove': 8779, 'ironic': 6385, 'blazar': 1234,
    'heat': 8004, 'heat-cfn': 8000, 'designate-mdns': 5354, 'redis': 6379,
}


@dataclasses.dataclass
class Proc:
    name: str
    argv: list
    port: int = 0            # 0: no port to wait for
    env: dict = dataclasses.field(default_factory=dict)
    first: bool = False      # start and wait before the others
    cwd: str = ''


@dataclasses.dataclass
class Service:
    name: str
    packages: list
    dbs: list = dataclasses.field(default_factory=list)
    # file name under etc/<name>/ -> dict (ini) or str
    files: dict = dataclasses.field(default_factory=dict)
    # run once, in order: (stamp, argv, env)
    init: list = dataclasses.field(default_factory=list)
    procs: list = dataclasses.field(default_factory=list)
    # (type, name, url path)
    catalog: list = dataclasses.field(default_factory=list)
    user: bool = True
    # run once after every process is up
    post: list = dataclasses.field(default_factory=list)
    dirs: list = dataclasses.field(default_factory=list)
    # Debian packages: command -> package
    debs: dict = dataclasses.field(default_factory=dict)


def authtoken(lab, svc):
    return {
        'www_authenticate_uri': lab.url('keystone', '/v3'),
        'auth_url': lab.url('keystone', '/v3'),
        'auth_type': 'password',
        'memcached_servers': lab.memcached,
        'username': svc, 'password': lab.password,
        'project_name': 'service',
        'user_domain_name': 'Default', 'project_domain_name': 'Default',
        'service_token_roles': 'service',
        'service_token_roles_required': 'true',
        'region_name': lab.region,
        'token_cache_time': '60',
    }


def client(lab, svc, **more):
    d = {
        'auth_url': lab.url('keystone', '/v3'), 'auth_type': 'password',
        'username': svc, 'password': lab.password, 'project_name': 'service',
        'user_domain_name': 'Default', 'project_domain_name': 'Default',
        'region_name': lab.region,
    }
    d.update(more)
    return d


def base(lab, svc, db=None, **default):
    conf = {
        'DEFAULT': {
            'transport_url': lab.transport_url,
            'state_path': lab.data(svc),
            'host': 'cloudlab',
            'my_ip': '127.0.0.1',
            'debug': lab.debug,
            'log_options': 'false',
            'executor_thread_pool_size': '16',
            'rpc_response_timeout': '60',
        },
        'oslo_concurrency': {'lock_path': lab.data(svc, 'lock')},
        'oslo_messaging_notifications': {'driver': 'noop'},
        'oslo_messaging_rabbit': {'heartbeat_in_pthread': 'false'},
        'keystone_authtoken': authtoken(lab, svc),
    }
    if db:
        conf['database'] = database(lab, db)
    conf['DEFAULT'].update(default)
    return conf


def database(lab, db):
    return {'connection': lab.db_url(db), 'max_pool_size': '5',
            'max_overflow': '20', 'connection_recycle_time': '3600'}


def cfg(lab, svc, *names):
    out = []
    for n in names:
        out += ['--config-file', lab.etc(svc, n)]
    return out


def wsgi(lab, svc, prog, target, args=(), env=None, threads=8, port=None,
         first=False):
    port = lab.port(port or svc)
    return Proc(prog, [lab.py, lab.src('serve.py'), f'127.0.0.1:{port}',
                       str(threads), prog, target, *args],
                port, env or {}, first)


def link(path):
    """A file that is a symbolic link to something in the venv."""
    return ('link', path)
