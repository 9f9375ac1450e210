"""How many resources a stack may have, with all below it: what could not be foreseen counts too."""

from heat.engine.reasons import VerbFailed
from heat.engine.scene import Scene
from heat.plan.model import Plan


async def check_room(scene: Scene, plan: Plan) -> None:
    """Refuse a plan by which a nested stack would outgrow its root; raises VerbFailed."""
    limit, root = scene.stage.settings.max_resources, scene.stack.root
    if limit < 0 or root is None or scene.compiled is None:
        return
    wanted = sum(1 for node in plan.nodes if node.id == node.name)
    if wanted <= len(scene.rows):
        return
    count = await scene.stage.world.store.count_tree(root) - len(scene.rows) + wanted
    if count > limit:
        raise VerbFailed(
            f"Maximum resources per stack exceeded: with this nested stack there would be {count} "
            f"in all; {limit} are allowed.",
            kind="RequestLimitExceeded",
        )
