using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl completion, in the shells themselves.</summary>
[Category("Netns")]
public sealed class CompletionTests
{
    private const string Config = """
        { "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [[8080, 80], ["5000-5010", "6000-6010"]] }, "web two": { "port_map": [443] }, "mail\u001b[2J": {} },
          "networks": { "default": "192.168.122.0/24" } }
        """;

    /// <summary>Asks each shell what the line's last word may become.</summary>
    private static readonly Dictionary<string, string> Shells = new()
    {
        ["bash"] = """
            source <("$H" completion bash); hookctrl() { "$H" "$@"; }
            COMP_LINE=$L COMP_POINT=${#L}; _hookctrl; (( ${#COMPREPLY[@]} == 0 )) || printf '%s\n' "${COMPREPLY[@]}"
            """,
        ["zsh"] = """
            compdef() { : }; compadd() { shift; print -rl -- "$@" }; _files() { print FILES }; hookctrl() { "$H" "$@" }
            source <("$H" completion zsh); words=("${(@)${(@s: :)L}}"); CURRENT=${#words}; _hookctrl
            """,
        ["fish"] = """
            function hookctrl; $H $argv; end; $H completion fish | source; complete -C "$L" | string replace -r '\t.*' ''
            """,
    };

    [Test]
    [Arguments("hookctrl mach", "machine")]
    [Arguments("hookctrl port ", "add,remove")]
    [Arguments("hookctrl show w", "web,web two")]
    [Arguments("hookctrl port remove ", "web,web two")]
    [Arguments("hookctrl port remove web ", "5000-5010:6000-6010/tcp,8080:80/tcp")]
    [Arguments("hookctrl port remove web 50", "5000-5010:6000-6010/tcp")]
    [Arguments("hookctrl port remove web 8080:80/tcp 5", "5000-5010:6000-6010/tcp")]
    [Arguments("hookctrl network remove d", "default")]
    [Arguments("hookctrl set ", "backend,debug,public_ip,strict")]
    [Arguments("hookctrl completion ", "bash,fish,zsh")]
    [Arguments("hookctrl status --w", "--watch")]
    [Arguments("hookctrl --cmd add_m", "add_machine")]
    public async Task Every_shell_completes(string line, string expected)
    {
        await using var world = await World.Create(Config);
        var environment = new Dictionary<string, string>(world.HookEnvironment) { ["H"] = Path.Combine(world.Directory, "hooks", "hookctrl"), ["L"] = line, ["HOME"] = world.Directory };
        foreach (var (shell, script) in Shells)
        {
            var ended = await Tool.Run([shell, shell == "zsh" ? "-fc" : "-c", script], environment: environment);
            var replies = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Replace("\\ ", " ", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            await Assert.That(string.Join(',', replies)).IsEqualTo(expected).Because($"{shell}: {ended.Error}");
        }
    }

    [Test]
    public async Task Bash_leaves_the_part_before_a_colon_as_it_is()
    {
        await using var world = await World.Create(Config);
        var environment = new Dictionary<string, string>(world.HookEnvironment) { ["H"] = Path.Combine(world.Directory, "hooks", "hookctrl"), ["L"] = "hookctrl port remove web 8080:" };
        await Assert.That((await Tool.Run(["bash", "-c", "COMP_WORDBREAKS=:; " + Shells["bash"]], environment: environment)).Output).IsEqualTo("80/tcp\n");
    }

    [Test]
    public async Task Names_that_would_mean_something_to_a_terminal_are_not_offered()
    {
        await using var world = await World.Create(Config);
        await Assert.That(await world.Done("completion words show ")).IsEqualTo("web\nweb two\n");
        await Assert.That(await world.Refused("completion tcsh", 2)).Contains("tcsh").And.Contains("bash");
    }
}
