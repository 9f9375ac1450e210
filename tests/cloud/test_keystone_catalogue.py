"""What orchestration needs of the identity service: services, endpoints and regions."""


def test_services_endpoints_and_regions_make_the_catalogue(cloud):
    kind = cloud.unique("kind")
    service = cloud.post(
        "identity", "/services", json={"service": {"type": kind, "name": "x"}}, admin=True
    )
    service_id = service.json()["service"]["id"]
    body = {
        "service_id": service_id,
        "interface": "public",
        "region_id": "RegionOne",
        "url": "http://198.51.100.1/v1/$(project_id)s",
    }
    endpoint = cloud.post("identity", "/endpoints", json={"endpoint": body}, admin=True)
    try:
        assert endpoint.status_code == 201
        catalog = cloud.get("identity", "/auth/catalog").json()["catalog"]
        found = next(entry for entry in catalog if entry["type"] == kind)
        assert found["endpoints"][0]["url"] == f"http://198.51.100.1/v1/{cloud.project_id}"
        listed = cloud.get("identity", f"/endpoints?service_id={service_id}", admin=True).json()
        assert [e["url"] for e in listed["endpoints"]] == [body["url"]]
    finally:
        cloud.delete("identity", f"/services/{service_id}", admin=True)
    listed = cloud.get("identity", f"/endpoints?service_id={service_id}", admin=True).json()
    assert listed["endpoints"] == []


def test_everybody_may_see_regions_and_inferences(cloud):
    regions = cloud.get("identity", "/regions").json()["regions"]
    assert "RegionOne" in [region["id"] for region in regions]
    inferences = cloud.get("identity", "/role_inferences", admin=True).json()["role_inferences"]
    pairs = {(i["prior_role"]["name"], r["name"]) for i in inferences for r in i["implies"]}
    assert {("admin", "manager"), ("manager", "member"), ("member", "reader")} <= pairs
