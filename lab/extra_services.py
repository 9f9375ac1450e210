"""What the other services need, those that are started on demand."""

from recipe import (
    Proc, Service, authtoken, base, cfg, client, database, link, wsgi)


def swift(lab):
    ports = {k: lab.port('swift-' + k)
             for k in ('account', 'container', 'object')}
    files = {'swift.conf': {
        'swift-hash': {'swift_hash_path_prefix': 'cloudlab',
                       'swift_hash_path_suffix': 'cloudlab'},
        'storage-policy:0': {'name': 'lab', 'default': 'yes'},
        'swift-constraints': {'max_header_size': '16384'}}}
    default = {'bind_ip': '127.0.0.1', 'swift_dir': lab.etc('swift'),
               'user': lab.user, 'log_level': 'INFO', 'workers': '0',
               'devices': lab.data('swift'), 'mount_check': 'false',
               'fallocate_reserve': '0', 'disable_fallocate': 'true'}
    procs, init = [], []
    for kind, port in ports.items():
        files[f'{kind}.conf'] = {
            'DEFAULT': dict(default, bind_port=port),
            'pipeline:main': {'pipeline': f'{kind}-server'},
            f'app:{kind}-server': {'use': f'egg:swift#{kind}'},
            f'{kind}-updater': {}, f'{kind}-replicator': {},
            f'{kind}-auditor': {}, f'{kind}-reaper': {}}
        ring = lab.etc('swift', f'{kind}.builder')
        tool = lab.bin('swift-ring-builder')
        init += [(f'{kind}-ring-new', [tool, ring, 'create', '6', '1', '0'],
                  {}),
                 (f'{kind}-ring-add', [tool, ring, 'add', '--region', '1',
                                       '--zone', '1', '--ip', '127.0.0.1',
                                       '--port', str(port), '--device', 'd1',
                                       '--weight', '1'], {}),
                 (f'{kind}-ring', [tool, ring, 'rebalance'], {})]
        procs.append(Proc(f'swift-{kind}', [
            lab.bin(f'swift-{kind}-server'), lab.etc('swift',
                                                     f'{kind}.conf')],
            port))
    pipeline = ('catch_errors gatekeeper healthcheck cache listing_formats '
                'bulk tempurl ratelimit s3api s3token authtoken '
                'keystoneauth copy container-quotas account-quotas slo dlo '
                'versioned_writes symlink proxy-server')
    token = {k: v for k, v in authtoken(lab, 'swift').items()
             if k != 'memcached_servers'}
    proxy = {
        'DEFAULT': dict(default, bind_port=lab.port('swift')),
        'pipeline:main': {'pipeline': pipeline},
        'app:proxy-server': {'use': 'egg:swift#proxy',
                             'account_autocreate': 'true',
                             'allow_account_management': 'true'},
        'filter:authtoken': dict(
            token, **{'paste.filter_factory':
                      'keystonemiddleware.auth_token:filter_factory',
                      'delay_auth_decision': 'true',
                      'cache': 'swift.cache',
                      'include_service_catalog': 'false'}),
        'filter:keystoneauth': {
            'use': 'egg:swift#keystoneauth',
            'operator_roles': 'admin, swiftoperator, member',
            'reseller_prefix': 'AUTH',
            'reseller_admin_role': 'ResellerAdmin'},
        'filter:cache': {'use': 'egg:swift#memcache',
                         'memcache_servers': lab.memcached},
        'filter:s3token': {'use': 'egg:swift#s3token',
                           'auth_uri': lab.url('keystone', '/v3'),
                           'delay_auth_decision': 'true',
                           **client(lab, 'swift')},
    }
    for f, egg in (('catch_errors', 'catch_errors'),
                   ('gatekeeper', 'gatekeeper'),
                   ('healthcheck', 'healthcheck'),
                   ('listing_formats', 'listing_formats'), ('bulk', 'bulk'),
                   ('tempurl', 'tempurl'), ('ratelimit', 'ratelimit'),
                   ('s3api', 's3api'), ('copy', 'copy'),
                   ('container-quotas', 'container_quotas'),
                   ('account-quotas', 'account_quotas'), ('slo', 'slo'),
                   ('dlo', 'dlo'), ('versioned_writes', 'versioned_writes'),
                   ('symlink', 'symlink')):
        proxy['filter:' + f] = {'use': f'egg:swift#{egg}'}
    proxy['filter:versioned_writes']['allow_versioned_writes'] = 'true'
    proxy['filter:versioned_writes']['allow_object_versioning'] = 'true'
    proxy['filter:tempurl']['methods'] = 'GET HEAD PUT POST DELETE'
    files['proxy.conf'] = proxy
    procs.append(Proc('swift-proxy', [lab.bin('swift-proxy-server'),
                                      lab.etc('swift', 'proxy.conf')],
                      lab.port('swift')))
    # daemons, unlike servers, know no other place than /etc/swift
    procs.append(Proc('swift-container-updater', [
        lab.py, '-c', 'import sys; from swift.common.utils import '
        'set_swift_dir; set_swift_dir(sys.argv.pop(1)); '
        'from swift.container.updater import main; sys.exit(main())',
        lab.etc('swift'), lab.etc('swift', 'container.conf')]))
    files['container.conf']['container-updater'] = {
        'interval': '15', 'account_suppression_time': '1'}
    return Service('swift', ['swift', 'keystonemiddleware',
                             'python-swiftclient'], [], files, init, procs,
                   [('object-store', 'swift', '/v1/AUTH_%(project_id)s')],
                   dirs=[lab.data('swift', 'd1')])


def barbican(lab):
    conf = base(lab, 'barbican', 'barbican',
                host_href=lab.url('barbican'), db_auto_create='false')
    conf['DEFAULT'].pop('host')
    conf['queue'] = {'enable': 'false'}
    conf['secretstore'] = {'enabled_secretstore_plugins': 'store_crypto',
                           'namespace': 'barbican.secretstore.plugin'}
    conf['crypto'] = {'enabled_crypto_plugins': 'simple_crypto',
                      'namespace': 'barbican.crypto.plugin'}
    conf['simple_crypto_plugin'] = {
        'kek': "'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY='"}
    conf['certificate'] = {'enabled_certificate_plugins': 'simple_certificate',
                           'namespace': 'barbican.certificate.plugin'}
    return Service(
        'barbican', ['barbican', 'python-barbicanclient'], ['barbican'],
        {'barbican.conf': conf},
        [('db', [lab.bin('barbican-manage'), 'db', 'upgrade', '-d',
                 lab.db_url('barbican')], {})],
        [wsgi(lab, 'barbican', 'barbican-api', 'paste:' + lab.paste(
            'barbican', 'barbican-api-paste.ini'), threads=4)],
        [('key-manager', 'barbican', '')])


def gnocchi(lab):
    conf = {
        'DEFAULT': {'debug': lab.debug, 'log_options': 'false',
                    'coordination_url': 'file://' + lab.data('gnocchi',
                                                             'coord')},
        'api': {'auth_mode': 'keystone'},
        'indexer': {'url': lab.db_url('gnocchi')},
        'database': database(lab, 'gnocchi'),
        'storage': {'driver': 'file',
                    'file_basepath': lab.data('gnocchi', 'storage')},
        'incoming': {'driver': 'file',
                     'file_basepath': lab.data('gnocchi', 'storage')},
        'metricd': {'workers': '1', 'metric_processing_delay': '1',
                    'metric_cleanup_delay': '60'},
        'keystone_authtoken': dict(authtoken(lab, 'gnocchi'),
                                   interface='internal'),
    }
    n = cfg(lab, 'gnocchi', 'gnocchi.conf')
    return Service(
        'gnocchi', ['gnocchi[mysql,keystone]', 'gnocchiclient'], ['gnocchi'],
        {'gnocchi.conf': conf},
        [('db', [lab.bin('gnocchi-upgrade'), *n], {})],
        [wsgi(lab, 'gnocchi', 'gnocchi-api', 'gnocchi.wsgi.api:application',
              n, threads=4),
         Proc('gnocchi-metricd', [lab.bin('gnocchi-metricd'), *n])],
        [('metric', 'gnocchi', '')])


def aodh(lab):
    conf = base(lab, 'aodh', 'aodh')
    conf['DEFAULT'].pop('host')
    conf['service_credentials'] = client(lab, 'aodh',
                                         interface='internalURL')
    conf['coordination'] = {'backend_url': 'file://' + lab.data('aodh',
                                                                'coord')}
    conf['evaluator'] = {'workers': '1', 'evaluation_interval': '5'}
    conf['notifier'] = {'workers': '1'}
    conf['listener'] = {'workers': '1'}
    conf['api'] = {'auth_mode': 'keystone',
                   'enable_evaluation_results_metrics': 'false'}
    n = cfg(lab, 'aodh', 'aodh.conf')
    return Service(
        'aodh', ['aodh[zaqar]', 'aodhclient'], ['aodh'],
        {'aodh.conf': conf},
        [('db', [lab.bin('aodh-dbsync'), *n], {})],
        [wsgi(lab, 'aodh', 'aodh-api', 'aodh.wsgi.api:application',
              threads=4),
         Proc('aodh-evaluator', [lab.bin('aodh-evaluator'), *n]),
         Proc('aodh-notifier', [lab.bin('aodh-notifier'), *n])],
        [('alarming', 'aodh', '')])


def octavia(lab):
    conf = base(lab, 'octavia', 'octavia')
    conf['api_settings'] = {
        'auth_strategy': 'keystone', 'healthcheck_enabled': 'true',
        'enabled_provider_drivers':
            'amphora:amphora with no-op compute,octavia:alias',
        'default_provider_driver': 'amphora',
        'api_base_uri': lab.url('octavia')}
    conf['service_auth'] = client(lab, 'octavia')
    conf['health_manager'] = {
        'heartbeat_key': 'cloudlab', 'bind_ip': '127.0.0.1',
        'controller_ip_port_list': '127.0.0.1:5555'}
    conf['certificates'] = {
        'cert_manager': ('barbican_cert_manager'
                         if 'barbican' in lab.services
                         else 'local_cert_manager'),
        'cert_generator': 'local_cert_generator',
        'ca_certificate': lab.etc('octavia', 'ca.pem'),
        'ca_private_key': lab.etc('octavia', 'ca.key'),
        'server_certs_key_passphrase': 'insecure-key-do-not-use-this-key'}
    conf['controller_worker'] = {
        'workers': '1', 'amphora_driver': 'amphora_noop_driver',
        'compute_driver': 'compute_noop_driver',
        'network_driver': 'cloudlab',
        'image_driver': 'image_noop_driver',
        'volume_driver': 'volume_noop_driver',
        'amp_image_tag': 'amphora', 'amp_flavor_id': '1',
        'amp_boot_network_list': lab.zero_uuid,
        'client_ca': lab.etc('octavia', 'ca.pem')}
    conf['haproxy_amphora'] = {
        'server_ca': lab.etc('octavia', 'ca.pem'),
        'client_cert': lab.etc('octavia', 'ca.pem')}
    conf['oslo_messaging'] = {'topic': 'octavia_prov'}
    conf['neutron'] = {'region_name': lab.region}
    n = cfg(lab, 'octavia', 'octavia.conf')
    return Service(
        'octavia', ['octavia', 'python-octaviaclient', lab.src('plugins')], ['octavia'],
        {'octavia.conf': conf},
        [('ca', ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
                 '-days', '3650', '-subj', '/CN=cloudlab', '-keyout',
                 lab.etc('octavia', 'ca.key'), '-out',
                 lab.etc('octavia', 'ca.pem')], {}),
         ('db', [lab.bin('octavia-db-manage'), *n, 'upgrade', 'head'], {})],
        [wsgi(lab, 'octavia', 'octavia-api', 'octavia.wsgi.api:application',
              n, threads=4),
         Proc('octavia-worker', [lab.bin('octavia-worker'), *n])],
        [('load-balancer', 'octavia', '')])


def designate(lab):
    mdns = lab.port('designate-mdns')
    conf = base(lab, 'designate')
    conf['service:central'] = {
        'workers': '1', 'threads': '20',
        'managed_resource_email': 'hostmaster@cloudlab.test'}
    conf['service:api'] = {
        'auth_strategy': 'keystone', 'enable_api_v2': 'true',
        'enabled_extensions_v2': 'quotas, reports',
        'api_base_uri': lab.url('designate'),
        'enable_host_header': 'true', 'enable_api_admin': 'true',
        'enabled_extensions_admin': 'quotas, reports'}
    conf['service:worker'] = {
        'workers': '1', 'threads': '20', 'poll_timeout': '5',
        'poll_retry_interval': '1', 'poll_max_retries': '5',
        'poll_delay': '0'}
    conf['service:mdns'] = {'workers': '1', 'threads': '20',
                            'listen': f'127.0.0.1:{mdns}'}
    conf['service:producer'] = {'workers': '1', 'threads': '20'}
    conf['storage:sqlalchemy'] = database(lab, 'designate')
    conf['database'] = database(lab, 'designate')
    conf['coordination'] = {'backend_url': 'file://' + lab.data('designate',
                                                                'coord')}
    conf['keystone'] = {'region_name': lab.region}
    pools = f"""---
- name: default
  description: zones are served by designate-mdns itself
  attributes: {{}}
  ns_records:
    - hostname: ns1.cloudlab.test.
      priority: 1
  nameservers:
    - host: 127.0.0.1
      port: {mdns}
  targets:
    - type: fake
      description: nothing to push to
      masters:
        - host: 127.0.0.1
          port: {mdns}
      options:
        host: 127.0.0.1
        port: {mdns}
"""
    n = cfg(lab, 'designate', 'designate.conf')
    env = {'OS_DESIGNATE_CONFIG_DIR': lab.etc('designate')}
    return Service(
        'designate', ['designate', 'python-designateclient'], ['designate'],
        {'designate.conf': conf, 'pools.yaml': pools,
         'api-paste.ini': link(lab.paste('designate', 'api-paste.ini'))},
        [('db', [lab.bin('designate-manage'), *n, 'database', 'sync'], {})],
        [wsgi(lab, 'designate', 'designate-api',
              'designate.wsgi.api:application', env=env, threads=4),
         Proc('designate-central', [lab.bin('designate-central'), *n]),
         Proc('designate-worker', [lab.bin('designate-worker'), *n]),
         Proc('designate-mdns', [lab.bin('designate-mdns'), *n], mdns),
         Proc('designate-producer', [lab.bin('designate-producer'), *n])],
        [('dns', 'designate', '')],
        post=[('pool', [lab.bin('designate-manage'), *n, 'pool', 'update',
                        '--file', lab.etc('designate', 'pools.yaml')], {})])


def mistral(lab):
    conf = base(lab, 'mistral', 'mistral', auth_type='keystone')
    conf['pecan'] = {'auth_enable': 'true'}
    conf['api'] = {'api_workers': '1'}
    conf['openstack_actions'] = {'os_actions_endpoint_type': 'public',
                                 'default_region': lab.region}
    conf['cron_trigger'] = {'enabled': 'true', 'execution_interval': '1'}
    conf['scheduler'] = {'fixed_delay': '1', 'random_delay': '0'}
    conf['executor'] = {'type': 'remote'}
    n = cfg(lab, 'mistral', 'mistral.conf')
    env = {'MISTRAL_CONFIG_FILE': lab.etc('mistral', 'mistral.conf')}
    return Service(
        'mistral', ['mistral', 'mistral-extra', 'python-mistralclient'],
        ['mistral'], {'mistral.conf': conf},
        [('db', [lab.bin('mistral-db-manage'), *n, 'upgrade', 'head'], {}),
         ('populate', [lab.bin('mistral-db-manage'), *n, 'populate'], {})],
        # no event-engine: its loop in 23.0.0 spins, half a core for nothing
        [wsgi(lab, 'mistral', 'mistral-api', 'mistral.wsgi:application',
              env=env, threads=4),
         Proc('mistral-server', [lab.bin('mistral-server'), *n, '--server',
                                 'engine,executor,notifier,periodic'])],
        [('workflowv2', 'mistral', '/v2'), ('workflow', 'mistral', '/v2')])


def zaqar(lab):
    conf = base(lab, 'zaqar', admin_mode='true', pooling='false',
                unreliable='true', auth_strategy='keystone',
                enable_deprecated_api_versions='1,1.1')
    redis = lab.port('redis')
    conf['drivers'] = {'transport': 'wsgi', 'message_store': 'redis',
                       'management_store': 'sqlalchemy'}
    conf['drivers:message_store:redis'] = {
        'uri': f'redis://127.0.0.1:{redis}?dbid=0', 'database': '0',
        'max_reconnect_attempts': '3'}
    conf['drivers:management_store:sqlalchemy'] = {'uri': lab.db_url('zaqar')}
    conf['signed_url'] = {'secret_key': lab.password}
    conf['trustee'] = client(lab, 'zaqar')
    conf['storage'] = {'message_pipeline': 'zaqar.notification.notifier'}
    conf['notification'] = {'max_notifier_workers': '4'}
    conf['transport'] = {'max_messages_post_size': '1048576',
                         'max_queue_metadata': '262144'}
    n = cfg(lab, 'zaqar', 'zaqar.conf')
    return Service(
        'zaqar', ['zaqar[redis,mysql]', 'python-zaqarclient'], ['zaqar'],
        {'zaqar.conf': conf},
        [('db', [lab.bin('zaqar-sql-db-manage'), *n, 'upgrade', 'head'],
          {})],
        [Proc('redis', ['/usr/bin/redis-server', '--bind', '127.0.0.1',
                        '--port', str(redis), '--save', '', '--appendonly',
                        'no', '--daemonize', 'no'], redis, first=True),
         wsgi(lab, 'zaqar', 'zaqar-api',
              'zaqar.transport.wsgi.app:application', threads=4)],
        [('messaging', 'zaqar', '')],
        debs={'redis-server': 'redis-server'})


def manila(lab):
    dummy = 'manila.tests.share.drivers.dummy.DummyDriver'
    conf = base(
        lab, 'manila', 'manila', auth_strategy='keystone',
        api_paste_config=lab.paste('manila', 'api-paste.ini'),
        enabled_share_backends='lab,labdhss',
        enabled_share_protocols='NFS,CIFS', default_share_type='lab',
        rootwrap_config=lab.paste('manila', 'rootwrap.conf'),
        osapi_share_workers='1', share_name_template='share-%s')
    for b, dhss in (('lab', 'false'), ('labdhss', 'true')):
        conf[b] = {'share_driver': dummy, 'share_backend_name': b,
                   'driver_handles_share_servers': dhss}
    conf['neutron'] = client(lab, 'manila')
    conf['nova'] = client(lab, 'manila')
    conf['cinder'] = client(lab, 'manila')
    conf['glance'] = client(lab, 'manila')
    conf['coordination'] = {'backend_url': 'file://' + lab.data('manila',
                                                                'coord')}
    n = cfg(lab, 'manila', 'manila.conf')
    return Service(
        'manila', ['manila', 'python-manilaclient', 'ddt', 'testtools',
                   'fixtures', 'oslotest'],
        ['manila'], {'manila.conf': conf},
        [('db', [lab.bin('manila-manage'), *n, 'db', 'sync'], {})],
        [wsgi(lab, 'manila', 'manila-api', 'manila.wsgi.api:application', n,
              threads=4),
         Proc('manila-scheduler', [lab.bin('manila-scheduler'), *n]),
         Proc('manila-share', [lab.bin('manila-share'), *n])],
        [('sharev2', 'manilav2', '/v2'),
         ('shared-file-system', 'manila', '/v2')])


def magnum(lab):
    conf = base(lab, 'magnum', 'magnum', periodic_interval_max='5')
    conf['api'] = {'port': str(lab.port('magnum')), 'host': '127.0.0.1',
                   'workers': '1',
                   'api_paste_config': lab.paste('magnum', 'api-paste.ini')}
    conf['certificates'] = {'cert_manager_type': 'x509keypair'}
    conf['keystone_auth'] = client(lab, 'magnum')
    conf['trust'] = {'trustee_domain_name': 'magnum',
                     'trustee_domain_admin_name': 'magnum_domain_admin',
                     'trustee_domain_admin_password': lab.password,
                     'trustee_keystone_interface': 'public'}
    conf['cinder_client'] = {'region_name': lab.region}
    conf['conductor'] = {'workers': '1'}
    n = cfg(lab, 'magnum', 'magnum.conf')
    return Service(
        'magnum', ['magnum', 'python-magnumclient', lab.src('plugins')],
        ['magnum'],
        {'magnum.conf': conf},
        [('db', [lab.bin('magnum-db-manage'), *n, 'upgrade'], {})],
        [wsgi(lab, 'magnum', 'magnum-api', 'magnum.wsgi.api:application', n,
              threads=4),
         Proc('magnum-conductor', [lab.bin('magnum-conductor'), *n])],
        [('container-infra', 'magnum', '/v1')])


def neutron_extras(lab):
    """More Neutron API extensions; see neutron() for their settings."""
    return Service('neutron_extras', [
        'neutron-vpnaas', 'networking-bgpvpn', 'networking-sfc',
        'tap-as-a-service', 'neutron-fwaas', 'networking-l2gw',
        'neutron-dynamic-routing'], user=False)
