"""What the services of the core need: packages, databases, configuration, processes."""

from recipe import Proc, Service, client, base, database, cfg, wsgi


def keystone(lab):
    conf = {
        'DEFAULT': {'transport_url': lab.transport_url, 'debug': lab.debug,
                    'max_token_size': '255', 'insecure_debug': 'true',
                    'notification_format': 'basic'},
        'oslo_messaging_notifications': {'driver': 'noop'},
        'database': database(lab, 'keystone'),
        'token': {'provider': 'fernet', 'expiration': '14400'},
        'fernet_tokens': {'key_repository': lab.etc('keystone', 'fernet')},
        'credential': {'key_repository': lab.etc('keystone', 'cred')},
        'identity': {'password_hash_rounds': '4'},
        'cache': {'enabled': 'true', 'backend': 'oslo_cache.dict',
                  'expiration_time': '60'},
    }
    env = {'OS_KEYSTONE_CONFIG_FILES': lab.etc('keystone', 'keystone.conf')}
    manage = [lab.bin('keystone-manage'), *cfg(lab, 'keystone',
                                               'keystone.conf')]
    url = lab.url('keystone', '/v3')
    return Service(
        'keystone', ['keystone'], ['keystone'],
        {'keystone.conf': conf, 'fernet/': None, 'cred/': None},
        [('db', manage + ['db_sync'], {}),
         ('fernet', manage + ['fernet_setup', '--keystone-user', lab.user,
                              '--keystone-group', lab.group], {}),
         ('cred', manage + ['credential_setup', '--keystone-user', lab.user,
                            '--keystone-group', lab.group], {}),
         ('bootstrap', manage + [
             'bootstrap', '--bootstrap-password', lab.password,
             '--bootstrap-region-id', lab.region,
             '--bootstrap-admin-url', url, '--bootstrap-internal-url', url,
             '--bootstrap-public-url', url], {})],
        [wsgi(lab, 'keystone', 'keystone-api', 'keystone.wsgi.api:application',
              env=env, first=True)],
        [], user=False)


def glance(lab):
    conf = base(lab, 'glance', 'glance', enabled_backends='file:file',
                worker_self_reference_url=lab.url('glance'))
    conf['glance_store'] = {'default_backend': 'file'}
    conf['file'] = {
        'filesystem_store_datadir': lab.data('glance', 'images')}
    conf['os_glance_staging_store'] = {
        'filesystem_store_datadir': lab.data('glance', 'staging')}
    conf['os_glance_tasks_store'] = {
        'filesystem_store_datadir': lab.data('glance', 'tasks')}
    conf['paste_deploy'] = {'flavor': 'keystone',
                            'config_file': lab.paste('glance',
                                                     'glance-api-paste.ini')}
    # web-download must reach http servers on 127.0.0.1 with any port
    imp = {'import_filtering_opts': {
        'allowed_schemes': '[http,https]', 'allowed_ports': '[]',
        'allowed_hosts': '[127.0.0.1,localhost]', 'disallowed_hosts': '[]',
        'disallowed_ports': '[]'}}
    env = {'OS_GLANCE_CONFIG_DIR': lab.etc('glance')}
    return Service(
        'glance', ['glance'], ['glance'],
        {'glance-api.conf': conf, 'glance-image-import.conf': imp},
        [('db', [lab.bin('glance-manage'),
                 *cfg(lab, 'glance', 'glance-api.conf'), 'db_sync'], {})],
        [wsgi(lab, 'glance', 'glance-api', 'glance.wsgi.api:application',
              env=env)],
        [('image', 'glance', '')])


def placement(lab):
    conf = base(lab, 'placement')
    conf['placement_database'] = database(lab, 'placement')
    conf['api'] = {'auth_strategy': 'keystone'}
    conf['placement'] = {'incomplete_consumer_project_id': lab.zero_uuid}
    env = {'OS_PLACEMENT_CONFIG_DIR': lab.etc('placement')}
    return Service(
        'placement', ['openstack-placement'], ['placement'],
        {'placement.conf': conf},
        [('db', [lab.bin('placement-manage'),
                 *cfg(lab, 'placement', 'placement.conf'), 'db', 'sync'],
          env)],
        [wsgi(lab, 'placement', 'placement-api',
              'placement.wsgi.api:application', env=env, first=True)],
        [('placement', 'placement', '')])


def nova(lab):
    conf = base(
        lab, 'nova', 'nova',
        compute_driver='cloudlab.CloudlabDriver',
        allow_resize_to_same_host='true',
        resume_guests_state_on_host_boot='true',
        report_interval='10', service_down_time='60',
        default_availability_zone='nova',
        sync_power_state_interval='-1',
        heal_instance_info_cache_interval='-1',
        instance_usage_audit='false',
        osapi_compute_workers='1', metadata_workers='1',
        reserved_host_memory_mb='0',
        initial_cpu_allocation_ratio='16', initial_ram_allocation_ratio='1.5',
        initial_disk_allocation_ratio='10')
    conf['DEFAULT'].pop('executor_thread_pool_size')
    conf.update({
        'api_database': database(lab, 'nova_api'),
        'api': {'auth_strategy': 'keystone',
                'list_records_by_skipping_down_cells': 'true'},
        'conductor': {'workers': '1'},
        'scheduler': {'workers': '1', 'discover_hosts_in_cells_interval': '30'},
        'vnc': {'enabled': 'true'},
        'spice': {'enabled': 'false'},
        'service_user': client(lab, 'nova', send_service_user_token='true'),
        'placement': client(lab, 'nova'),
        'neutron': client(lab, 'nova', service_metadata_proxy='true',
                          metadata_proxy_shared_secret=lab.password),
        'glance': {'region_name': lab.region,
                   'endpoint_override': lab.url('glance')},
        'cinder': client(lab, 'nova', os_region_name=lab.region,
                         catalog_info='block-storage::publicURL'),
        'barbican': {'auth_endpoint': lab.url('keystone', '/v3')},
        'keystone': client(lab, 'nova'),
        'cache': {'enabled': 'true', 'backend': 'oslo_cache.dict'},
        'wsgi': {'api_paste_config': lab.paste('nova', 'api-paste.ini')},
        'workarounds': {'skip_cpu_compare_on_dest': 'true'},
        'compute': {'resource_provider_association_refresh': '0'},
        'filter_scheduler': {
            'enabled_filters': 'ComputeFilter,ComputeCapabilitiesFilter,'
            'ImagePropertiesFilter,ServerGroupAntiAffinityFilter,'
            'ServerGroupAffinityFilter,SameHostFilter,DifferentHostFilter'},
    })
    n = cfg(lab, 'nova', 'nova.conf')
    manage = [lab.bin('nova-manage'), *n]
    env = {'OS_NOVA_CONFIG_DIR': lab.etc('nova'),
           'OS_NOVA_CONFIG_FILES':
               lab.paste('nova', 'api-paste.ini') + ';nova.conf'}
    cell0 = lab.db_url('nova_cell0')
    return Service(
        'nova', ['nova', lab.src('plugins')],
        ['nova_api', 'nova', 'nova_cell0'],
        {'nova.conf': conf},
        [('api_db', manage + ['api_db', 'sync'], {}),
         ('cell0', manage + ['cell_v2', 'map_cell0',
                             '--database_connection', cell0], {}),
         ('db', manage + ['db', 'sync'], {}),
         ('cell1', manage + ['cell_v2', 'create_cell', '--name=cell1'], {})],
        [wsgi(lab, 'nova', 'nova-api', 'nova.wsgi.osapi_compute:application',
              env=env),
         Proc('nova-conductor', [lab.bin('nova-conductor'), *n]),
         Proc('nova-scheduler', [lab.bin('nova-scheduler'), *n]),
         Proc('nova-compute', [lab.bin('nova-compute'), *n])],
        [('compute', 'nova', '/v2.1')])


def neutron(lab):
    plugins = ['router', 'qos', 'trunk', 'segments', 'port_forwarding',
               'metering', 'auto_allocate', 'flavors', 'conntrack_helper',
               'network_ip_availability', 'network_segment_range',
               'cloudlab_dataplane']
    ext = ['port_security', 'qos', 'data_plane_status',
           'uplink_status_propagation', 'dns_domain_ports']
    conf = base(
        lab, 'neutron', 'neutron',
        core_plugin='ml2', service_plugins=','.join(plugins),
        auth_strategy='keystone', api_workers='1', rpc_workers='0',
        api_paste_config=lab.paste('neutron', 'api-paste.ini'),
        dns_domain='cloudlab.test.',
        notify_nova_on_port_status_changes='true',
        notify_nova_on_port_data_changes='true',
        network_auto_schedule='false', router_auto_schedule='false',
        max_allowed_address_pair='64', max_dns_nameservers='10',
        max_subnet_host_routes='50', max_routes='50')
    conf['nova'] = client(lab, 'nova', live_migration_events='false')
    conf['placement'] = client(lab, 'nova')
    conf['quotas'] = {k: '1000' for k in (
        'quota_network', 'quota_subnet', 'quota_port', 'quota_router',
        'quota_floatingip', 'quota_security_group',
        'quota_security_group_rule', 'quota_trunk')}
    conf['ml2'] = {
        'type_drivers': 'flat,vlan,vxlan,geneve,gre,local',
        'tenant_network_types': 'vxlan', 'mechanism_drivers': 'cloudlab',
        'extension_drivers': ','.join(ext), 'overlay_ip_version': '4'}
    conf['ml2_type_flat'] = {'flat_networks': '*'}
    conf['ml2_type_vlan'] = {'network_vlan_ranges': 'public,physnet1:1:4000'}
    conf['ml2_type_vxlan'] = {'vni_ranges': '1:10000'}
    conf['ml2_type_geneve'] = {'vni_ranges': '10001:20000'}
    conf['ml2_type_gre'] = {'tunnel_id_ranges': '20001:30000'}
    packages = ['neutron', lab.src('plugins')]
    if 'designate' in lab.services:
        conf['DEFAULT']['external_dns_driver'] = 'designate'
        conf['designate'] = client(lab, 'designate',
                                   url=lab.url('designate', '/v2'),
                                   allow_reverse_dns_lookup='false')
    upgrade = [lab.bin('neutron-db-manage'),
               *cfg(lab, 'neutron', 'neutron.conf'), 'upgrade', 'heads']
    init = [('db', upgrade, {})]
    if 'neutron_extras' in lab.services:
        plugins += ['vpnaas', 'bgpvpn', 'flow_classifier', 'sfc', 'taas',
                    'firewall_v2', 'l2gw', 'bgp']
        conf['DEFAULT']['service_plugins'] = ','.join(plugins)
        conf['sfc'] = {'drivers': 'dummy'}
        conf['flowclassifier'] = {'drivers': 'dummy'}
        conf['service_providers'] = {'service_provider': [
            f'{name}:default' for name in (
                'VPN:openswan:neutron_vpnaas.services.vpn.service_drivers.'
                'ipsec.IPsecVPNDriver',
                'BGPVPN:Dummy:networking_bgpvpn.neutron.services.'
                'service_drivers.driver_api.BGPVPNDriver',
                'TAAS:TAAS:neutron_taas.services.taas.service_drivers.'
                'taas_rpc.TaasRpcDriver',
                'FIREWALL_V2:fwaas_db:neutron_fwaas.services.firewall.'
                'service_drivers.agents.agents.FirewallAgentDriver',
                'L2GW:l2gw:networking_l2gw.services.l2gateway.'
                'service_drivers.L2gwDriver')]}
        init.append(('db-extras', upgrade, {}))
    env = {'OS_NEUTRON_CONFIG_DIR': lab.etc('neutron'),
           'OS_NEUTRON_CONFIG_FILES': 'neutron.conf'}
    return Service(
        'neutron', packages, ['neutron'], {'neutron.conf': conf}, init,
        [wsgi(lab, 'neutron', 'neutron-api', 'neutron.wsgi.api:application',
              env=env)],
        [('network', 'neutron', '')])


def cinder(lab):
    conf = base(
        lab, 'cinder', 'cinder',
        auth_strategy='keystone', enabled_backends='lab',
        api_paste_config=lab.paste('cinder', 'api-paste.ini'),
        default_volume_type='lab', glance_api_servers=lab.url('glance'),
        osapi_volume_workers='1', resource_query_filters_file=lab.paste(
            'cinder', 'resource_filters.json'),
        volumes_dir=lab.data('cinder', 'volumes'),
        image_conversion_dir=lab.data('cinder', 'conversion'),
        report_interval='10', service_down_time='60',
        periodic_interval='60', backend_stats_polling_interval='60',
        backup_driver='cinder.backup.drivers.posix.PosixBackupDriver',
        backup_compression_algorithm='zstd',
        backup_enable_progress_timer='false',
        backup_posix_path=lab.data('cinder', 'backups'),
        backup_file_size=str(128 << 20), backup_workers='1',
        backup_sha_block_size_bytes=str(1 << 20),
        rootwrap_config=lab.etc('cinder', 'rootwrap.conf'),
        quota_volumes='1000', quota_snapshots='1000',
        quota_gigabytes='100000', quota_backups='1000',
        quota_backup_gigabytes='100000',
        verify_glance_signatures='disabled',
        allowed_direct_url_schemes='')
    conf['DEFAULT'].pop('executor_thread_pool_size')
    conf['lab'] = {
        'volume_driver': 'cloudlab_plugins.cinder_lab.SparseFileDriver',
        'volume_backend_name': 'lab',
        'cloudlab_volume_dir': lab.data('cinder', 'volumes')}
    conf['service_user'] = client(lab, 'cinder',
                                  send_service_user_token='true')
    conf['nova'] = client(lab, 'cinder', interface='public')
    conf['keystone'] = client(lab, 'cinder')
    conf['coordination'] = {
        'backend_url': 'file://' + lab.data('cinder', 'coord')}
    n = cfg(lab, 'cinder', 'cinder.conf')
    return Service(
        'cinder', ['cinder', lab.src('plugins')], ['cinder'],
        {'cinder.conf': conf,
         'rootwrap.conf': {'DEFAULT': {
             'filters_path': lab.paste('cinder', 'rootwrap.d'),
             'exec_dirs': lab.bin('') + ',/sbin,/usr/sbin,/bin,/usr/bin'}}},
        [('db', [lab.bin('cinder-manage'), *n, 'db', 'sync'], {})],
        [wsgi(lab, 'cinder', 'cinder-api', 'cinder.wsgi.api:application', n),
         Proc('cinder-scheduler', [lab.bin('cinder-scheduler'), *n]),
         Proc('cinder-volume', [lab.bin('cinder-volume'), *n]),
         Proc('cinder-backup', [lab.bin('cinder-backup'), *n])],
        [('block-storage', 'cinder', '/v3'), ('volumev3', 'cinderv3', '/v3')])
