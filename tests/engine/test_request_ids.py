"""The id of a request goes all the way: to the services of the cloud, and into the events."""

MINE = "req-01234567-89ab-cdef-0123-456789abcdef"
CREATION = ("POST", "networks")
TEMPLATE = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  below: {type: below.yaml}
"""


def test_the_cloud_and_the_events_hear_the_id_of_the_request(world):
    async def main(place):
        heard = []
        answer = place.cloud.dispatch

        def listen(request):
            names = {name.lower(): value for name, value in request.headers.items()}
            value = names.get("x-openstack-request-id")
            heard.append((request.method, request.path.rpartition("/")[2], value))
            return answer(request)

        place.cloud.dispatch = listen
        files = {"below.yaml": TEMPLATE.replace("  below: {type: below.yaml}\n", "")}
        stack = place.ask("CREATE", TEMPLATE, files=files, request_id=MINE)
        place.start()
        await place.settled(stack)
        networks = [value for method, path, value in heard if (method, path) == CREATION]
        assert networks == [MINE, MINE]
        for one in place.stacks():
            assert {event.request_id for event in place.told(one.id)} == {MINE}

    world(main)
