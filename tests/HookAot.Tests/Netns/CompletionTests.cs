using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl completion, in the shells themselves.</summary>
[Category("Netns")]
public sealed class CompletionTests
{
    private const string Config = """
        {
            "machines": {
                "web": { "private_ip": "192.168.122.2", "port_map": [[8080, 80], ["5000-5010", "6000-6010"]] },
                "web two": { "port_map": [443] },
                "mail\u001b[2J": {}
            },
            "networks": { "default": "192.168.122.0/24" }
        }
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
            function hookctrl; $H $argv; end
            $H completion fish | source; complete -C "$L" | string replace -r '\t.*' ''
            """,
    };

    [Test]
    [Arguments("hookctrl mach", "machine")]
    [Arguments("hookctrl port ", "add,disable,enable,remove,set")]
    [Arguments("hookctrl show w", "web,web two")]
    [Arguments("hookctrl port remove ", "web,web two")]
    [Arguments("hookctrl port remove web ", "5000-5010:6000-6010/tcp,8080:80/tcp")]
    [Arguments("hookctrl port remove web 50", "5000-5010:6000-6010/tcp")]
    [Arguments("hookctrl port remove web 8080:80/tcp 5", "5000-5010:6000-6010/tcp")]
    [Arguments("hookctrl port set web 80", "8080:80/tcp")]
    [Arguments("hookctrl port enable web 50", "5000-5010:6000-6010/tcp")]
    [Arguments("hookctrl machine rename we", "web,web two")]
    [Arguments("hookctrl network remove d", "default")]
    [Arguments("hookctrl set ", "backend,debug,public_ip,strict")]
    [Arguments("hookctrl set debug ", "false,true")]
    [Arguments("hookctrl set backend n", "nftables")]
    [Arguments("hookctrl completion ", "bash,fish,zsh")]
    [Arguments("hookctrl status --w", "--watch")]
    [Arguments("hookctrl --cmd add_m", "add_machine")]
    public async Task Every_shell_completes(string line, string expected)
    {
        await using var world = await World.Create(Config);
        foreach (var (shell, script) in Shells)
        {
            string[] command = [shell, shell == "zsh" ? "-fc" : "-c", script];
            var ended = await Tool.Run(command, environment: For(world, line));
            var replies = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var words = replies.Select(reply => reply.Replace("\\ ", " ", StringComparison.Ordinal));
            var sorted = string.Join(',', words.Order(StringComparer.Ordinal));
            await Assert.That(sorted).IsEqualTo(expected).Because($"{shell}: {ended.Error}");
        }
    }

    [Test]
    public async Task Bash_leaves_the_part_before_a_colon_as_it_is()
    {
        await using var world = await World.Create(Config);
        string[] command = ["bash", "-c", "COMP_WORDBREAKS=:; " + Shells["bash"]];
        var ended = await Tool.Run(command, environment: For(world, "hookctrl port remove web 8080:"));
        await Assert.That(ended.Output).IsEqualTo("80/tcp\n");
    }

    [Test]
    public async Task Names_that_would_mean_something_to_a_terminal_are_not_offered()
    {
        await using var world = await World.Create(Config);
        await Assert.That(await world.Done("completion words show ")).IsEqualTo("web\nweb two\n");
        await Assert.That(await world.Done("completion words doctor web:")).IsEqualTo("web:5000-5010\nweb:8080\n");
        await Assert.That(await world.Done("completion words port remove nobody ")).IsEmpty();
        await Assert.That(await world.Done("completion words set public_ip a")).IsEqualTo("any\n");
        await Assert.That(await world.Done("completion words set nothing ")).IsEmpty();
        await Assert.That(await world.Refused("completion tcsh", 2)).Contains("tcsh").And.Contains("bash");
    }

    // What the shells' scripts use: the program, the line, and a home without settings.
    private static Dictionary<string, string> For(World world, string line) => new(world.HookEnvironment)
    {
        ["H"] = world.HookctrlPath(),
        ["L"] = line,
        ["HOME"] = world.Directory,
    };
}
