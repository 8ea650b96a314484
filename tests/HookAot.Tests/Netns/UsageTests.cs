namespace HookAot.Tests.Netns;

/// <summary>Command lines that are wrong: one line says what is, and what was meant.</summary>
[Category("Netns")]
public sealed class UsageTests
{
    [Test]
    [Arguments("lst", "unknown command 'lst'; did you mean 'hookctrl list'?")]
    [Arguments("frobnicate", "unknown command 'frobnicate'; 'hookctrl --help' lists the commands")]
    [Arguments("add web 80",
        "unknown command 'add'; did you mean 'hookctrl machine add' or 'hookctrl port add' or 'hookctrl network add'?")]
    [Arguments("rm web 80",
        "unknown command 'rm'; did you mean 'hookctrl machine rm' or 'hookctrl port rm' or 'hookctrl network rm'?")]
    [Arguments("port ad web 80", "unknown command 'ad'; did you mean 'hookctrl port add'?")]
    [Arguments("port add", "port add: expected NAME and PORT; 'hookctrl port add --help' explains")]
    [Arguments("port add web", "port add: expected PORT; 'hookctrl port add --help' explains")]
    [Arguments("port web add 80:8080", "unknown command 'web'; did you mean: hookctrl port add web 80:8080")]
    [Arguments("port add 80:8080 web", "the guest comes before the ports; did you mean: hookctrl port add web 80:8080")]
    [Arguments("port add web 80 --sorce 10.0.0.0/8", "unknown option --sorce; did you mean --source?")]
    [Arguments("port add web 80 --sorce=10.0.0.0/8", "unknown option --sorce; did you mean --source?")]
    [Arguments("port add web 80 --qqq", "unknown option --qqq; 'hookctrl port add --help' explains")]
    [Arguments("list --jsn", "unknown option --jsn; did you mean --json?")]
    [Arguments("doctor --typo", "unknown option --typo; 'hookctrl doctor --help' explains")]
    [Arguments("version x", "version: unexpected 'x'; 'hookctrl version --help' explains")]
    [Arguments("set dbug true",
        "set: found 'dbug'; expected public_ip, backend, debug, strict; did you mean \"debug\"?")]
    [Arguments("port add web 0", "found '0'; expected ports from 1 to 65535")]
    [Arguments("port add web 65536", "found '65536'; expected ports from 1 to 65535")]
    [Arguments("port add web 9000-8000", "found '9000-8000'; expected the lower port first, 8000-9000")]
    [Arguments("port add web 80:99999", "found '80:99999'; expected after the colon ports from 1 to 65535")]
    [Arguments("port add web 80 --comment x\u0007y",
        @"--comment: found 'x\u0007y'; expected a text of at most 256 characters, all of them printable")]
    [Arguments("machine add web --interface a/b",
        "--interface: found 'a/b'; expected the name of a network interface, such as virbr0")]
    [Arguments("set backend auto iptables", "backend: found 2 values; expected one")]
    public async Task One_line_says_what_is_wrong_and_what_was_meant(string arguments, string expected)
    {
        await using var world = await World.Create("{}");
        await Assert.That(await world.Refused(arguments, 2)).IsEqualTo($"hookctrl: {expected}\n");
    }

    [Test]
    public async Task Every_mistake_is_told_at_once()
    {
        await using var world = await World.Create("{}");
        var told = await world.Refused("port add web 0 70000 --source x", 2);
        await Assert.That(told.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Count().IsEqualTo(3);
    }

    [Test]
    [Arguments("ls", "list")]
    [Arguments("machine ls", "machine list")]
    [Arguments("help port add", "port add --help")]
    [Arguments("help", "--help")]
    public async Task Hands_type_other_words_for_it(string typed, string meant)
    {
        await using var world = await World.Create(World.OneForward);
        await Assert.That(await world.Done(typed)).IsEqualTo(await world.Done(meant));
    }

    [Test]
    [Arguments("rm")]
    [Arguments("del")]
    [Arguments("delete")]
    public async Task Removing_has_many_names(string verb)
    {
        await using var world = await World.Create(World.OneForward);
        await world.Done($"port {verb} a 2222 --no-apply");
        await Assert.That(await world.Done("list")).DoesNotContain("2222");
    }

    [Test]
    public async Task A_guest_whose_name_begins_as_an_option_stands_behind_two_dashes()
    {
        await using var world = await World.Create("{}");
        await world.Done("machine add --no-apply -- -x");
        await Assert.That(await world.Done("machine list")).Contains("-x");
        await world.Done("port add --no-apply -- -x 80");
        await Assert.That(await world.Done("list -- -x")).Contains("80/tcp");
        await Assert.That(await world.Refused("list -- -y", 2))
            .IsEqualTo("hookctrl: Unrecognized command or argument '-y'.\n");
    }
}
