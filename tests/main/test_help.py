"""The programs tell what they take when they are asked."""

from heat.main import manage


def test_asking_heat_manage_for_help_is_no_mistake(capsys) -> None:
    assert manage.main(["--help"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("usage: heat-manage")
    assert told.err == ""
