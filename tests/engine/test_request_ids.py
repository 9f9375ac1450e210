"""The id of a request goes all the way: to the services of the cloud, and into the events."""

MINE = "req-01234567-89ab-cdef-0123-456789abcdef"
TEMPLATE = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
"""


def test_the_cloud_and_the_events_hear_the_id_of_the_request(world):
    async def main(place):
        heard = {}
        answer = place.cloud.dispatch

        def listen(request):
            names = {name.lower(): value for name, value in request.headers.items()}
            heard[request.method, request.path] = names.get("x-openstack-request-id")
            return answer(request)

        place.cloud.dispatch = listen
        stack = place.ask("CREATE", TEMPLATE, request_id=MINE)
        place.start()
        await place.settled(stack)
        made = {path: value for (method, path), value in heard.items() if method == "POST"}
        networks = [value for path, value in made.items() if path.endswith("/networks")]
        assert networks == [MINE]
        assert {event.request_id for event in place.told(stack)} == {MINE}

    world(main)
