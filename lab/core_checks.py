"""Checks of the core: identity, images, networks, servers, volumes."""

import http.server
import os
import threading
import time

import openstack
from checking import TAG, admin, check, demo, raw, timed, until


@check('keystone')
def keystone_trust_ec2_domain():
    me = demo.current_user_id
    heat = openstack.connect(cloud='lab-heat')
    with timed('token'):
        openstack.connect(cloud='lab-demo').authorize()
    role = 'heat_stack_owner'
    t = raw(demo, 'identity', 'POST', '/OS-TRUST/trusts', json={'trust': {
        'trustor_user_id': me, 'trustee_user_id': heat.current_user_id,
        'project_id': demo.current_project_id, 'impersonation': True,
        'roles': [{'name': role}]}})['trust']
    c = openstack.connect(
        auth_url=heat.config.auth['auth_url'], username='heat',
        password=heat.config.auth['password'], trust_id=t['id'],
        user_domain_name='Default', region_name='RegionOne',
        load_yaml_config=False)
    assert c.current_project_id == demo.current_project_id
    assert c.current_user_id == me
    raw(demo, 'identity', 'DELETE', '/OS-TRUST/trusts/' + t['id'])
    # EC2 credentials and the signature check that heat-api-cfn relies on
    cred = raw(demo, 'identity', 'POST', f'/users/{me}/credentials/OS-EC2',
               json={'tenant_id': demo.current_project_id})['credential']
    from keystoneclient.contrib.ec2 import utils
    req = {'host': 'localhost', 'verb': 'GET', 'path': '/v1',
           'params': {'Action': 'ListStacks', 'SignatureVersion': '2',
                      'SignatureMethod': 'HmacSHA256',
                      'AWSAccessKeyId': cred['access'],
                      'Timestamp': '2030-01-01T00:00:00Z'}}
    sig = utils.Ec2Signer(cred['secret']).generate(dict(req))
    r = heat.session.post(heat.config.auth['auth_url'] + '/ec2tokens', json={
        'ec2Credentials': dict(req, access=cred['access'], signature=sig)},
        raise_exc=False)
    assert r.status_code == 200, r.text
    raw(demo, 'identity', 'DELETE',
        f'/users/{me}/credentials/OS-EC2/{cred["access"]}')
    dom = openstack.connect(
        auth_url=heat.config.auth['auth_url'], username='heat_domain_admin',
        password=heat.config.auth['password'], user_domain_name='heat',
        domain_name='heat', region_name='RegionOne', load_yaml_config=False)
    did = dom.config.auth and admin.identity.find_domain('heat').id
    p = dom.identity.create_project(name=TAG, domain_id=did)
    u = dom.identity.create_user(name=TAG, domain_id=did, password='x1',
                                 default_project_id=p.id)
    role = admin.identity.find_role('heat_stack_user')
    dom.identity.assign_project_role_to_user(p, u, role)
    dom.identity.delete_user(u)
    dom.identity.delete_project(p)


@check('glance')
def glance_upload_download():
    data = os.urandom(100000)
    with timed('image upload 100 kB'):
        img = demo.image.create_image(
            TAG, data=data, disk_format='raw', container_format='bare',
            use_import=False)
    assert demo.image.get_image(img).status == 'active'
    assert demo.image.download_image(img).content == data
    demo.image.delete_image(img)


@check('glance')
def glance_web_download():
    body = b'x' * 65536

    class H(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header('content-length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *a):
            pass
    srv = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)
    threading.Thread(target=srv.serve_forever, daemon=True).start()
    img = demo.image.create_image(TAG, disk_format='raw',
                                  container_format='bare',
                                  allow_duplicates=True)
    try:
        demo.image.import_image(
            img, method='web-download',
            uri=f'http://127.0.0.1:{srv.server_port}/i.raw')
        until(lambda: demo.image.get_image(img.id).status, 'active')
    finally:
        # the import task writes to the image for a moment after 'active'
        time.sleep(2)
        demo.image.delete_image(img.id)
        srv.shutdown()


@check('neutron')
def neutron_network():
    n = demo.network
    with timed('network create'):
        net = n.create_network(name=TAG)
    with timed('subnet create'):
        sub = n.create_subnet(name=TAG, network_id=net.id, ip_version=4,
                              cidr='192.168.77.0/24')
    with timed('port create'):
        port = n.create_port(name=TAG, network_id=net.id)
    with timed('port list'):
        list(n.ports(network_id=net.id))
    router = n.create_router(name=TAG, external_gateway_info={
        'network_id': n.find_network('public').id})
    n.add_interface_to_router(router, subnet_id=sub.id)
    assert n.get_router(router).status == 'ACTIVE'
    ifaces = list(n.ports(device_id=router.id, network_id=net.id))
    assert [p.status for p in ifaces] == ['ACTIVE'], ifaces
    sg = n.create_security_group(name=TAG)
    rule = n.create_security_group_rule(
        security_group_id=sg.id, direction='ingress', protocol='tcp',
        port_range_min=22, port_range_max=22, ethertype='IPv4')
    with timed('floating IP create + associate'):
        fip = n.create_ip(floating_network_id=n.find_network('public').id,
                          port_id=port.id)
    until(lambda: n.get_ip(fip).status, 'ACTIVE')
    pf_fip = n.create_ip(floating_network_id=n.find_network('public').id)
    inner = n.create_port(name=TAG, network_id=net.id)
    pf = n.create_port_forwarding(
        floatingip_id=pf_fip.id, internal_port_id=inner.id,
        internal_ip_address=inner.fixed_ips[0]['ip_address'],
        internal_port=80, external_port=8080, protocol='tcp')
    n.delete_port_forwarding(pf, pf_fip)
    qos = admin.network.create_qos_policy(name=TAG)
    admin.network.create_qos_bandwidth_limit_rule(
        qos, max_kbps=1000, max_burst_kbps=100)
    admin.network.update_port(port, qos_policy_id=qos.id)
    admin.network.update_port(port, qos_policy_id=None)
    admin.network.delete_qos_policy(qos)
    trunk = n.create_trunk(name=TAG, port_id=port.id)
    until(lambda: n.get_trunk(trunk).status, 'ACTIVE')
    n.delete_trunk(trunk)
    n.delete_ip(fip)
    n.delete_ip(pf_fip)
    n.delete_security_group_rule(rule)
    n.delete_security_group(sg)
    n.remove_interface_from_router(router, subnet_id=sub.id)
    n.delete_router(router)
    for p in n.ports(network_id=net.id):
        n.delete_port(p)
    with timed('network delete'):
        n.delete_network(net)


@check('nova')
def nova_server():
    c = demo.compute
    kp = c.create_keypair(name=TAG)
    assert 'PRIVATE KEY' in kp.private_key
    image = demo.image.find_image('cirros')
    flavor = c.find_flavor('m1.nano')
    net = demo.network.find_network('private')
    t = time.monotonic()
    with timed('server create (API call)'):
        s = c.create_server(
            name=TAG, image_id=image.id, flavor_id=flavor.id,
            key_name=TAG, user_data='IyEvYmluL3NoCg==',
            networks=[{'uuid': net.id}], security_groups=[
                {'name': 'default'}])
    until(lambda: c.get_server(s).status, 'ACTIVE', 120)
    print(f'      {"server create to ACTIVE":46} '
          f'{1000 * (time.monotonic() - t):8.0f} ms')
    with timed('server show'):
        s = c.get_server(s)
    with timed('server list (detail)'):
        list(c.servers())
    addr = s.addresses['private'][0]
    assert addr['OS-EXT-IPS:type'] == 'fixed'
    port = list(demo.network.ports(device_id=s.id))[0]
    assert port.status == 'ACTIVE'
    fip = demo.network.create_ip(
        floating_network_id=demo.network.find_network('public').id,
        port_id=port.id)
    until(lambda: len(c.get_server(s).addresses['private']), 2, 30)
    extra = c.create_server_interface(s, net_id=net.id)
    c.delete_server_interface(extra.port_id, server=s)
    until(lambda: len(list(c.server_interfaces(s))), 1, 30)
    until(lambda: len(c.get_server(s).addresses['private']), 2, 30)
    c.resize_server(s, c.find_flavor('m1.tiny').id)
    until(lambda: c.get_server(s).status, 'VERIFY_RESIZE', 90)
    c.confirm_server_resize(s)
    until(lambda: c.get_server(s).status, 'ACTIVE', 60)
    c.rebuild_server(s, image=image.id)
    until(lambda: c.get_server(s).status, 'ACTIVE', 60)
    c.stop_server(s)
    until(lambda: c.get_server(s).status, 'SHUTOFF')
    c.start_server(s)
    until(lambda: c.get_server(s).status, 'ACTIVE')
    c.suspend_server(s)
    until(lambda: c.get_server(s).status, 'SUSPENDED')
    c.resume_server(s)
    until(lambda: c.get_server(s).status, 'ACTIVE')
    snap = c.create_server_image(s, TAG)
    until(lambda: demo.image.get_image(snap.id).status, 'active')
    assert c.get_server_console_output(s)['output']
    group = c.create_server_group(name=TAG, policy='anti-affinity')
    c.delete_server_group(group)
    demo.image.delete_image(snap.id)
    demo.network.delete_ip(fip)
    with timed('server delete to gone'):
        c.delete_server(s)
        until(lambda: not c.find_server(s.id, ignore_missing=True))
    c.delete_keypair(TAG)


@check('cinder')
def cinder_volume():
    b = demo.block_storage
    t = time.monotonic()
    with timed('volume create (API call)'):
        v = b.create_volume(name=TAG, size=1)
    until(lambda: b.get_volume(v).status, 'available')
    print(f'      {"volume create to available":46} '
          f'{1000 * (time.monotonic() - t):8.0f} ms')
    snap = b.create_snapshot(name=TAG, volume_id=v.id)
    until(lambda: b.get_snapshot(snap).status, 'available')
    v2 = b.create_volume(name=TAG, size=2, snapshot_id=snap.id)
    until(lambda: b.get_volume(v2).status, 'available')
    b.extend_volume(v2, 3)
    until(lambda: (b.get_volume(v2).status, b.get_volume(v2).size),
          ('available', 3))
    v3 = b.create_volume(
        name=TAG, size=1, image_id=demo.image.find_image('cirros').id)
    until(lambda: b.get_volume(v3).status, 'available')
    assert b.get_volume(v3).is_bootable
    with timed('backup of 1 GiB volume'):
        bk = b.create_backup(name=TAG, volume_id=v3.id)
        until(lambda: b.get_backup(bk).status, 'available', 120)
    r = b.restore_backup(bk, name=TAG + 'r')
    until(lambda: b.get_volume(r.volume_id).status, 'available', 120)
    until(lambda: b.get_backup(bk).status, 'available')
    b.delete_volume(r.volume_id)
    b.delete_backup(bk)
    until(lambda: not b.find_backup(bk.id, ignore_missing=True))
    b.delete_snapshot(snap)
    until(lambda: not b.find_snapshot(snap.id, ignore_missing=True))
    for x in (v, v2, v3):
        b.delete_volume(x)
    until(lambda: not [x for x in b.volumes() if x.name == TAG])


@check('cinder,nova')
def volume_attach_and_boot_from_volume():
    b, c = demo.block_storage, demo.compute
    image = demo.image.find_image('cirros')
    flavor = c.find_flavor('m1.nano')
    net = demo.network.find_network('private')
    s = c.create_server(
        name=TAG, flavor_id=flavor.id, networks=[{'uuid': net.id}],
        block_device_mapping_v2=[{
            'boot_index': 0, 'uuid': image.id, 'source_type': 'image',
            'destination_type': 'volume', 'volume_size': 1,
            'delete_on_termination': True}])
    v = b.create_volume(name=TAG, size=1)
    until(lambda: b.get_volume(v).status, 'available')
    until(lambda: c.get_server(s).status, 'ACTIVE', 120)
    assert len(c.get_server(s).attached_volumes) == 1
    with timed('volume attach to in-use'):
        c.create_volume_attachment(s, volume_id=v.id)
        until(lambda: b.get_volume(v).status, 'in-use')
    assert b.get_volume(v).attachments[0]['server_id'] == s.id
    with timed('volume detach to available'):
        c.delete_volume_attachment(s, v.id)
        until(lambda: b.get_volume(v).status, 'available')
    b.delete_volume(v)
    c.delete_server(s)
    until(lambda: not c.find_server(s.id, ignore_missing=True))
    until(lambda: not list(b.volumes()) or not [
        x for x in b.volumes() if x.name == TAG])
