"""Checks of the services that are started on demand."""

import datetime
import json
import uuid

from checking import TAG, Hook, admin, check, demo, raw, timed, until


@check('swift')
def swift_objects():
    o = demo.object_store
    o.create_container(TAG)
    with timed('object PUT 1 MB'):
        o.upload_object(container=TAG, name='a/b', data=b'z' * 1000000)
    assert len(o.download_object('a/b', container=TAG)) == 1000000
    ep = demo.session.get_endpoint(service_type='object-store',
                                   interface='public')
    demo.session.post(ep, headers={'X-Account-Meta-Temp-URL-Key': 'k'})
    url = demo.object_store.generate_temp_url(
        '/v1' + ep.split('/v1')[1] + f'/{TAG}/sig', 300, 'PUT',
        temp_url_key='k')
    url = url.decode() if isinstance(url, bytes) else url
    import requests
    r = requests.put(ep.split('/v1')[0] + url, data=b'{"status": "ok"}')
    assert r.status_code == 201, r.text
    assert o.download_object('sig', container=TAG) == b'{"status": "ok"}'
    for obj in list(o.objects(TAG)):
        o.delete_object(obj, container=TAG)
    o.delete_container(TAG)


@check('barbican')
def barbican_secret():
    b = '/v1'
    s = raw(demo, 'key-manager', 'POST', b + '/secrets', json={
        'name': TAG, 'payload': 'hush', 'payload_content_type': 'text/plain'})
    ref = s['secret_ref']
    got = demo.session.get(ref + '/payload',
                           headers={'Accept': 'text/plain'}).text
    assert got == 'hush', got
    o = raw(demo, 'key-manager', 'POST', b + '/orders', json={
        'type': 'key', 'meta': {'name': TAG, 'algorithm': 'aes',
                                'bit_length': 256, 'mode': 'cbc'}})
    until(lambda: demo.session.get(o['order_ref']).json()['status'],
          'ACTIVE')
    sec = demo.session.get(o['order_ref']).json()['secret_ref']
    c = raw(demo, 'key-manager', 'POST', b + '/containers', json={
        'type': 'generic', 'name': TAG,
        'secret_refs': [{'name': 'k', 'secret_ref': sec}]})
    for r in (c['container_ref'], o['order_ref'], sec, ref):
        demo.session.delete(r)


@check('gnocchi')
def gnocchi_measures():
    r = raw(demo, 'metric', 'POST', '/v1/resource/generic', json={
        'id': str(uuid.uuid4()),
        'metrics': {'cpu': {'archive_policy_name': 'high'}}})
    m = r['metrics']['cpu']
    now = datetime.datetime.now(datetime.timezone.utc)
    with timed('measure visible'):
        raw(demo, 'metric', 'POST', f'/v1/metric/{m}/measures', json=[
            {'timestamp': now.isoformat(), 'value': 42.0}])
        until(lambda: raw(demo, 'metric', 'GET',
                          f'/v1/metric/{m}/measures?granularity=1'))
    raw(demo, 'metric', 'DELETE', '/v1/resource/generic/' + r['id'])


@check('aodh')
def aodh_alarm_webhook():
    res = str(uuid.uuid4())
    r = raw(demo, 'metric', 'POST', '/v1/resource/generic', json={
        'id': res, 'metrics': {'cpu': {'archive_policy_name': 'high'}}})
    m = r['metrics']['cpu']
    with Hook() as hook:
        a = raw(demo, 'alarming', 'POST', '/v2/alarms', json={
            'name': TAG, 'type': 'gnocchi_resources_threshold',
            'alarm_actions': [hook.url], 'repeat_actions': False,
            'gnocchi_resources_threshold_rule': {
                'resource_type': 'generic', 'resource_id': res,
                'metric': 'cpu', 'aggregation_method': 'mean',
                'granularity': 60, 'evaluation_periods': 1,
                'comparison_operator': 'gt', 'threshold': 50.0}})
        now = datetime.datetime.now(datetime.timezone.utc)
        with timed('measure pushed to webhook called'):
            raw(demo, 'metric', 'POST', f'/v1/metric/{m}/measures', json=[
                {'timestamp': (now - datetime.timedelta(seconds=s)
                               ).isoformat(), 'value': 99.0}
                for s in (0, 60, 120)])
            until(lambda: hook.got, seconds=90)
        body = json.loads(hook.got[0])
        assert body['current'] == 'alarm', body
        raw(demo, 'alarming', 'DELETE', '/v2/alarms/' + a['alarm_id'])
    raw(demo, 'metric', 'DELETE', '/v1/resource/generic/' + res)


@check('octavia')
def octavia_lb():
    base = '/v2/lbaas'
    sub = demo.network.find_subnet('private-subnet')

    def post(path, **body):
        return list(raw(demo, 'load-balancer', 'POST', base + path,
                        json=body).values())[0]

    def status():
        return raw(demo, 'load-balancer', 'GET',
                   f'{base}/loadbalancers/{lb["id"]}')['loadbalancer'][
                       'provisioning_status']

    with timed('load balancer create to ACTIVE'):
        lb = post('/loadbalancers', loadbalancer={
            'name': TAG, 'vip_subnet_id': sub.id})
        until(status, 'ACTIVE', 90)
    assert demo.network.get_port(lb['vip_port_id']).id
    ls = post('/listeners', listener={
        'name': TAG, 'loadbalancer_id': lb['id'], 'protocol': 'HTTP',
        'protocol_port': 80})
    until(status, 'ACTIVE')
    pool = post('/pools', pool={'name': TAG, 'listener_id': ls['id'],
                                'protocol': 'HTTP',
                                'lb_algorithm': 'ROUND_ROBIN'})
    until(status, 'ACTIVE')
    post(f'/pools/{pool["id"]}/members', member={
        'address': '10.0.0.50', 'protocol_port': 80, 'subnet_id': sub.id})
    until(status, 'ACTIVE')
    post('/healthmonitors', healthmonitor={
        'pool_id': pool['id'], 'type': 'HTTP', 'delay': 5, 'timeout': 3,
        'max_retries': 3})
    until(status, 'ACTIVE')
    raw(demo, 'load-balancer', 'DELETE',
        f'{base}/loadbalancers/{lb["id"]}?cascade=true')

    def gone():
        return not raw(demo, 'load-balancer', 'GET',
                       f'{base}/loadbalancers?name={TAG}')['loadbalancers']
    until(gone)


@check('designate')
def designate_zone():
    name = f'{TAG}.example.org.'
    with timed('zone create to ACTIVE'):
        z = raw(demo, 'dns', 'POST', '/v2/zones', json={
            'name': name, 'email': 'a@example.org'})
        until(lambda: raw(demo, 'dns', 'GET', '/v2/zones/' + z['id'])[
            'status'], 'ACTIVE', 60)
    rs = raw(demo, 'dns', 'POST', f'/v2/zones/{z["id"]}/recordsets', json={
        'name': 'www.' + name, 'type': 'A', 'records': ['10.1.2.3']})
    until(lambda: raw(demo, 'dns', 'GET',
                      f'/v2/zones/{z["id"]}/recordsets/{rs["id"]}')[
                          'status'], 'ACTIVE')
    raw(demo, 'dns', 'DELETE', '/v2/zones/' + z['id'])
    until(lambda: not raw(demo, 'dns', 'GET',
                          '/v2/zones?name=' + name)['zones'])


@check('mistral')
def mistral_workflow():
    wf = f"""
version: '2.0'
{TAG}:
  input: [x]
  output:
    y: <% $.y %>
  tasks:
    one:
      action: std.echo output=<% $.x %>
      publish:
        y: <% task().result %>
"""
    raw(demo, 'workflowv2', 'POST', '/workflows', data=wf,
        headers={'Content-Type': 'text/plain'})
    with timed('workflow execution to SUCCESS'):
        ex = raw(demo, 'workflowv2', 'POST', '/executions', json={
            'workflow_name': TAG, 'input': json.dumps({'x': 'hi'})})
        until(lambda: raw(demo, 'workflowv2', 'GET', '/executions/' +
                          ex['id'])['state'], 'SUCCESS')
    out = raw(demo, 'workflowv2', 'GET', '/executions/' + ex['id'])
    assert json.loads(out['output'])['y'] == 'hi'
    raw(demo, 'workflowv2', 'DELETE', '/executions/' + ex['id'])
    raw(demo, 'workflowv2', 'DELETE', '/workflows/' + TAG)


@check('zaqar')
def zaqar_queue():
    h = {'Client-ID': str(uuid.uuid4())}
    raw(demo, 'messaging', 'PUT', f'/v2/queues/{TAG}', headers=h)
    with Hook() as hook:
        sub = raw(demo, 'messaging', 'POST',
                  f'/v2/queues/{TAG}/subscriptions', headers=h, json={
                      'subscriber': hook.url, 'ttl': 3600})
        raw(demo, 'messaging', 'POST', f'/v2/queues/{TAG}/messages',
            headers=h, json={'messages': [{'body': {'a': 1}, 'ttl': 300}]})
        until(lambda: hook.got, seconds=20)
        assert sub
    got = raw(demo, 'messaging', 'GET',
              f'/v2/queues/{TAG}/messages?echo=true', headers=h)
    assert got['messages'][0]['body'] == {'a': 1}, got
    raw(demo, 'messaging', 'DELETE', f'/v2/queues/{TAG}', headers=h)


@check('manila')
def manila_share():
    h = {'X-OpenStack-Manila-API-Version': '2.65'}
    with timed('share create to available'):
        s = raw(demo, 'shared-file-system', 'POST', '/shares', headers=h,
                json={'share': {'name': TAG, 'size': 1,
                                'share_proto': 'NFS',
                                'share_type': 'lab'}})['share']
        until(lambda: raw(demo, 'shared-file-system', 'GET', '/shares/' +
                          s['id'], headers=h)['share']['status'],
              'available')
    raw(demo, 'shared-file-system', 'POST', f'/shares/{s["id"]}/action',
        headers=h, json={'allow_access': {
            'access_type': 'ip', 'access_to': '10.0.0.0/24',
            'access_level': 'rw'}})
    sub = demo.network.find_subnet('private-subnet')
    sn = raw(demo, 'shared-file-system', 'POST', '/share-networks',
             headers=h, json={'share_network': {
                 'name': TAG, 'neutron_net_id': sub.network_id,
                 'neutron_subnet_id': sub.id}})['share_network']
    raw(demo, 'shared-file-system', 'DELETE', '/share-networks/' + sn['id'],
        headers=h)
    raw(demo, 'shared-file-system', 'DELETE', '/shares/' + s['id'],
        headers=h)
    until(lambda: not [x for x in raw(
        demo, 'shared-file-system', 'GET', '/shares', headers=h)['shares']
        if x['id'] == s['id']])


@check('magnum')
def magnum_template():
    t = raw(demo, 'container-infra', 'POST', '/clustertemplates', headers={
        'OpenStack-API-Version': 'container-infra latest'}, json={
        'name': TAG, 'coe': 'kubernetes', 'image_id': 'fedora-coreos',
        'external_network_id': 'public',
        'flavor_id': 'm1.small', 'master_flavor_id': 'm1.small'})
    h = {'OpenStack-API-Version': 'container-infra latest'}
    kp = demo.compute.create_keypair(name=TAG)
    cl = raw(demo, 'container-infra', 'POST', '/clusters', headers=h, json={
        'name': TAG, 'cluster_template_id': t['uuid'], 'node_count': 1,
        'keypair': TAG})

    def status():
        found = [x for x in raw(demo, 'container-infra', 'GET', '/clusters',
                                headers=h)['clusters']
                 if x['uuid'] == cl['uuid']]
        return found[0]['status'] if found else 'gone'
    until(status, 'CREATE_COMPLETE', 90)
    raw(demo, 'container-infra', 'DELETE', '/clusters/' + cl['uuid'],
        headers=h)
    until(status, 'gone', 90)
    demo.compute.delete_keypair(kp)
    raw(demo, 'container-infra', 'DELETE', '/clustertemplates/' + t['uuid'])


@check('neutron_extras')
def neutron_extensions():
    made = []
    bad = []

    def post(conn, path, key, **body):
        try:
            r = raw(conn, 'network', 'POST', '/v2.0' + path,
                    json={key: body})[key]
        except AssertionError as e:
            bad.append(str(e)[:200])
            return {'id': None}
        made.append((conn, f'{path}/{r["id"]}'))
        return r

    net = demo.network.create_network(name=TAG)
    sub = demo.network.create_subnet(name=TAG, network_id=net.id,
                                     ip_version=4, cidr='192.168.78.0/24')
    router = demo.network.create_router(name=TAG, external_gateway_info={
        'network_id': demo.network.find_network('public').id})
    demo.network.add_interface_to_router(router, subnet_id=sub.id)
    # port pairs want two ports of one device
    device = str(uuid.uuid4())
    ports = [demo.network.create_port(name=TAG, network_id=net.id,
                                      device_id=device) for _ in range(2)]
    ike = post(demo, '/vpn/ikepolicies', 'ikepolicy', name=TAG,
               auth_algorithm='sha256')
    sec = post(demo, '/vpn/ipsecpolicies', 'ipsecpolicy', name=TAG,
               auth_algorithm='sha256')
    vpn = post(demo, '/vpn/vpnservices', 'vpnservice', name=TAG,
               router_id=router.id, subnet_id=sub.id)
    post(demo, '/vpn/ipsec-site-connections', 'ipsec_site_connection',
         name=TAG, vpnservice_id=vpn['id'], ikepolicy_id=ike['id'],
         ipsecpolicy_id=sec['id'], peer_address='192.0.2.9', peer_id='x',
         peer_cidrs=['10.9.0.0/24'], psk='secret')
    post(admin, '/bgpvpn/bgpvpns', 'bgpvpn', name=TAG,
         route_targets=['64512:1'])
    pair = post(demo, '/sfc/port_pairs', 'port_pair', name=TAG,
                ingress=ports[0].id, egress=ports[1].id)
    group = post(demo, '/sfc/port_pair_groups', 'port_pair_group', name=TAG,
                 port_pairs=[pair['id']])
    fc = post(demo, '/sfc/flow_classifiers', 'flow_classifier', name=TAG,
              logical_source_port=ports[0].id, protocol='tcp')
    post(demo, '/sfc/port_chains', 'port_chain', name=TAG,
         port_pair_groups=[group['id']], flow_classifiers=[fc['id']])
    tap = post(demo, '/taas/tap_services', 'tap_service', name=TAG,
               port_id=ports[0].id)
    post(demo, '/taas/tap_flows', 'tap_flow', name=TAG,
         tap_service_id=tap['id'], source_port=ports[1].id,
         direction='BOTH')
    post(demo, '/fwaas/firewall_groups', 'firewall_group', name=TAG)
    gw = post(admin, '/l2-gateways', 'l2_gateway', name=TAG, devices=[
        {'device_name': 'd', 'interfaces': [{'name': 'i'}]}])
    assert gw
    post(admin, '/bgp-speakers', 'bgp_speaker', name=TAG, local_as=64512,
         ip_version=4)
    for conn, path in reversed(made):
        try:
            raw(conn, 'network', 'DELETE', '/v2.0' + path)
        except AssertionError as e:
            bad.append(str(e)[:200])
    if not bad:
        for port in ports:
            demo.network.delete_port(port)
        demo.network.remove_interface_from_router(router, subnet_id=sub.id)
        demo.network.delete_router(router)
        demo.network.delete_network(net)
    assert not bad, bad
