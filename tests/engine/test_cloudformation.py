"""A template of CloudFormation through the whole engine."""

SUBNETS = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Parameters:
  Tiers: {Type: CommaDelimitedList, Default: 'web,data'}
  Block: {Type: String, Default: 10.8.0.0/16}
Mappings:
  Place: {web: {at: '0'}, data: {at: '1'}, back: {at: '2'}}
Rules:
  Few:
    Assertions:
      - Assert: !EachMemberIn [!Ref Tiers, [web, data, back]]
        AssertDescription: a tier is web, data or back
Resources:
  Net:
    Type: OS::Neutron::Net
    Properties: {name: !Sub '${AWS::StackName}-net'}
  Fn::ForEach::Subnets:
    - Tier
    - !Ref Tiers
    - Subnet${Tier}:
        Type: OS::Neutron::Subnet
        Properties:
          name: !Sub '${Net}/${Tier}'
          network: !Ref Net
          gateway_ip: !Ref AWS::NoValue
          cidr: !Select [!FindInMap [Place, !Ref Tier, at], !Cidr [!Ref Block, 8, 8]]
Outputs:
  Fn::ForEach::Blocks:
    - Tier
    - !Ref Tiers
    - ${Tier}Block:
        Value: !GetAtt Subnet${Tier}.cidr
"""


def test_loops_and_substitutions_are_made_changed_and_deleted(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", SUBNETS)
        row = await place.settled(stack)
        assert (row.status, row.reason) == ("COMPLETE", "Stack CREATE completed successfully")
        rows = place.rows(stack)
        net = rows["Net"].physical_id
        assert {name: r.properties.get("cidr") for name, r in rows.items()} == {
            "Net": None,
            "Subnetweb": "10.8.0.0/24",
            "Subnetdata": "10.8.1.0/24",
        }
        assert rows["Subnetweb"].properties["name"] == f"{net}/web"
        await place.done("UPDATE", SUBNETS, stack, parameters={"Tiers": "web,back"})
        after = place.rows(stack)
        assert set(after) == {"Net", "Subnetweb", "Subnetback"}
        assert after["Subnetweb"].id == rows["Subnetweb"].id
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)
