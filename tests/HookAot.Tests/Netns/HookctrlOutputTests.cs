using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl's standard output: what cannot be written is no success.</summary>
[Category("Netns")]
public sealed class HookctrlOutputTests
{
    private static Task<Ended> Shell(World world, string script)
    {
        var environment = new Dictionary<string, string>(world.HookEnvironment)
        {
            ["PATH"] = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}",
        };
        return Tool.Run([.. world.Host.Enter, "bash", "-c", script], environment: environment);
    }

    [Test]
    [Arguments("hookctrl")]
    [Arguments("hookctrl --help")]
    [Arguments("hookctrl list")]
    [Arguments("hookctrl list --json")]
    [Arguments("hookctrl show a")]
    [Arguments("hookctrl machine list")]
    [Arguments("hookctrl status")]
    [Arguments("hookctrl status --watch")]
    [Arguments("hookctrl plan")]
    [Arguments("hookctrl apply")]
    [Arguments("hookctrl doctor a")]
    [Arguments("hookctrl port add a 8080:80 --dry-run")]
    [Arguments("hookctrl completion bash")]
    [Arguments("hookctrl completion words sta")]
    [Arguments("hookctrl version")]
    [Arguments("hookctrl --version")]
    [Arguments("hookaot version")]
    public async Task A_full_disk_is_told_and_ends_with_1(string command)
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        var ended = await Shell(world, $"{command} > /dev/full");
        await Assert.That(ended.Error).IsEqualTo("hookctrl: standard output: No space left on device\n");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
    }

    [Test]
    public async Task A_reader_that_has_gone_is_no_failure()
    {
        await using var world = await World.Create(OneForward);
        var ended = await Shell(world, "exec {gone}> >(exit 0); wait $!; hookctrl list >&$gone");
        await Assert.That((ended.ExitCode, ended.Error)).IsEqualTo((0, ""));
    }

    [Test]
    public async Task A_slow_reader_of_a_pipe_that_does_not_block_gets_everything()
    {
        await using var world = await World.Create(OneForward);
        var forwards = string.Join(", ", Enumerable.Range(1, 5000));
        await world.Configure($$"""
            { "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [{{forwards}}] } } }
            """);
        // dd opens its output so that it does not block, and that holds for all who have the pipe. The reader waits for
        // the writer's first failed write, which strace shows.
        var ended = await Shell(world, $$"""
            cd {{world.Directory}}; mkfifo seen
            strace -qq -e signal=none -e trace=write -e status=failed -o seen sh -c '
              dd oflag=nonblock count=0 status=none < /dev/null
              exec hookctrl list' | { exec 3< seen; head -n 1 <&3 > /dev/null; cat <&3 > /dev/null & wc -l; }
            """);
        await Assert.That(ended.Error).IsEqualTo("");
        await Assert.That(ended.Output.Trim()).IsEqualTo("5001");
    }
}
