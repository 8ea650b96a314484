using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What other users of the host can do to an edit of config.json by the published hookctrl: nothing.</summary>
[Category("Netns")]
public sealed class ConfigSafetyTests
{
    private const string AsNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    /// <summary>Runs a script on the world's host, "$0" being the world's directory.</summary>
    private static Task<Ended> Run(World world, string script, string input = "") =>
        Tool.Run([.. world.Host.Enter, "sh", "-uc", script, world.Directory], input, world.HookEnvironment);

    [Test]
    public async Task A_link_that_another_user_planted_is_not_written_through()
    {
        await using var world = await World.Create();
        // exec keeps the process id, which is all that has to be guessed.
        var ended = await Run(world, """
            mkdir "$0/mallory"; mv "$0/hooks/config.json" "$0/mallory"; chown -R nobody "$0/mallory"
            ln -s "$0/mallory/config.json" "$0/hooks/config.json"
            echo precious > "$0/victim"
            sh -c 'ln -s "$0/victim" "$0/mallory/config.json.$$.tmp"
              exec "$0/hooks/hookctrl" port add a 8080:80 --no-apply' "$0"; code=$?
            cat "$0/victim"; stat -c %U "$0/victim"; ls "$0/mallory" | grep -v tmp; exit "$code"
            """);
        await Assert.That(ended.Output).IsEqualTo("precious\nroot\nconfig.json\n");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error).Contains($"{world.Directory}/mallory belongs to the user 65534")
            .And.Contains("expected a directory that belongs to root");
    }

    [Test]
    [Arguments("0777", 1)]
    [Arguments("1777", 0)] // as /tmp: others may add files, and not replace ours
    [Arguments("0775", 0)]
    public async Task A_directory_in_which_everybody_may_replace_the_file_is_refused(string mode, int code)
    {
        await using var world = await World.Create();
        var ended = await Run(world, $"chmod {mode} \"$0/hooks\"; \"$0/hooks/hookctrl\" port add a 8080:80 --no-apply");
        await Assert.That(ended.ExitCode).IsEqualTo(code).Because(ended.Error);
        var isChanged = (await File.ReadAllTextAsync(world.Config)).Contains("8080", StringComparison.Ordinal);
        await Assert.That(isChanged).IsEqualTo(code == 0);
        if (code == 0) return;
        await Assert.That(ended.Error).Contains("may be written by every user").And.Contains("chmod o-w");
    }

    [Test]
    public async Task A_lock_of_another_user_does_not_stop_root()
    {
        await using var world = await World.Create();
        var ended = await Run(world, $$"""
            mkfifo -m 666 "$0/held" "$0/end"
            {{AsNobody}} flock "$0/hooks" sh -c 'echo held > "$0/held"; read x < "$0/end"' "$0" &
            read x < "$0/held"
            timeout 20 "$0/hooks/hookctrl" port add a 8080:80 --no-apply; code=$?
            echo > "$0/end"; wait; exit "$code"
            """);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("8080");
    }

    [Test]
    public async Task Who_waits_for_another_edit_says_for_whom()
    {
        await using var world = await World.Create();
        var ended = await Run(world, """
            mkfifo "$0/held" "$0/end" "$0/said"; mkdir -p -m 700 "$0/run"
            flock "$0/run/config.lock" sh -c 'echo $$ > "$0/held"; read x < "$0/end"' "$0" & holder=$!
            read x < "$0/held"
            "$0/hooks/hookctrl" port add a 8080:80 --no-apply 2> "$0/said" >&2 & edit=$!
            exec 3< "$0/said"
            read -r line <&3; echo "$line" | sed "s/pid $holder/pid HOLDER/"
            grep -c 8080 "$0/hooks/config.json"
            echo > "$0/end"; wait "$edit"; code=$?; cat <&3; exit "$code"
            """);
        await Assert.That(ended.Output)
            .IsEqualTo($"hookctrl: waiting for flock (pid HOLDER), which is changing {world.Config}\n0\n" +
                "saved; 'hookctrl apply' puts it in force\n");
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("8080");
    }

    [Test]
    public async Task A_user_edits_a_file_of_their_own()
    {
        await using var world = await World.Create();
        var ended = await Run(world, $$"""
            mkdir "$0/home"; chown nobody "$0/home"; unset HOOKAOT_RUN_DIR
            edit() { {{AsNobody}} "$0/hooks/hookctrl" --config "$0/home/my.json" --no-apply "$@"; }
            edit machine add a --private-ip 192.168.122.2
            edit port add a 8080:80; code=$?
            ls -A "$0/home"; exit "$code"
            """);
        await Assert.That((ended.ExitCode, ended.Output, ended.Error))
            .IsEqualTo((0, "saved\nsaved\nmy.json\nmy.json.before\n", ""));
        await Assert.That(await File.ReadAllTextAsync($"{world.Directory}/home/my.json")).Contains("8080");
    }

    [Test]
    public async Task What_a_killed_edit_has_left_goes_with_the_next_one_and_nothing_else_does()
    {
        await using var world = await World.Create();
        var ended = await Run(world, """
            cd "$0/hooks"
            touch .config.json.0123abcd.hookctrl .config.json.deadbeef.hookctrl config.json.123.tmp
            touch .config.json.short.hookctrl .other.json.0123abcd.hookctrl .config.json.0123ABCD.hookctrl
            mkdir .config.json.00000001.hookctrl; ln -s config.json .config.json.00000002.hookctrl
            touch .config.json.00000003.hookctrl; chown nobody .config.json.00000003.hookctrl
            touch "$0/kept"; ln "$0/kept" .config.json.00000004.hookctrl
            ./hookctrl port add a 8080:80 --no-apply -q; code=$?
            ls -A | grep -F .json; exit "$code"
            """);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).IsEquivalentTo([
            "config.json", "config.json.before", ".config.json.00000001.hookctrl", ".config.json.00000002.hookctrl",
            ".config.json.00000003.hookctrl", ".config.json.00000004.hookctrl", ".config.json.0123ABCD.hookctrl",
            ".config.json.short.hookctrl", "config.json.123.tmp", ".other.json.0123abcd.hookctrl"]);
    }

    private const string Attributes =
        """cd "$0/hooks"; getfacl -n config.json; getfattr -d -m - config.json; stat -c "%a %u %g" config.json""";

    private const string OfOthers = "chmod 640 config.json; chown daemon:daemon config.json";

    [Test]
    [Arguments("setfacl -m u:daemon:r -m m:rw config.json; setfattr -n user.note -v hello config.json")]
    [Arguments("setfacl -d -m u:daemon:rwx . ")] // what the directory gives to new files is not the file's
    [Arguments(OfOthers + "; setfacl -d -m u:nobody:rwx .; setfacl -m u:bin:r config.json")]
    public async Task Owner_mode_access_list_and_attributes_are_kept(string setUp)
    {
        await using var world = await World.Create();
        await world.Host.Run($"cd {world.Directory}/hooks; {setUp}");
        var before = await Run(world, Attributes);
        await world.Done("port add a 8080:80 --no-apply");
        var after = await Run(world, Attributes);
        await Assert.That(after).IsEqualTo(before);
        await Assert.That(before.ExitCode).IsEqualTo(0).Because(before.Error);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("8080");
    }

    [Test]
    public async Task An_attribute_that_the_file_system_refuses_is_a_warning_and_no_lost_edit()
    {
        await using var world = await World.Create();
        var ended = await Run(world, """
            setfattr -n user.note -v hello "$0/hooks/config.json"
            strace -f -qq -o /dev/null -e inject=fsetxattr:error=EPERM "$0/hooks/hookctrl" port add a 8080:80 --no-apply
            """);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Error).IsEqualTo(
            $"hookctrl: warning: the attribute user.note of {world.Config} is not kept: Operation not permitted\n");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("8080");
    }

    [Test]
    [Arguments("chmod 666 config.json", "config.json may be written by every user (mode 0666)")]
    [Arguments("chmod 664 config.json", "config.json may be written by its group (mode 0664)")]
    [Arguments("chown nobody config.json", "config.json belongs to the user 65534")]
    [Arguments("chmod 777 .", "hooks may be written by every user (mode 0777)")]
    [Arguments("mkdir -p -m 777 ../run", "run may be written by every user (mode 0777)")]
    [Arguments("mkdir -p -m 700 ../run; chown nobody ../run", "run belongs to the user 65534")]
    public async Task What_others_may_change_is_said_by_check_and_in_the_log(string damage, string found)
    {
        await using var world = await World.Create();
        await world.Host.Run($"cd {world.Directory}/hooks; {damage}");
        var check = await world.Call("check");
        await Assert.That((check.ExitCode, check.Output)).IsEqualTo((0, "")).Because(check.Error);
        await Assert.That(check.Error).Contains("warning: ").And.Contains(found);
        var log = await world.Event("a", "start");
        var lines = log.Split('\n').Where(line => line.Contains(found, StringComparison.Ordinal));
        await Assert.That(lines.Count()).IsEqualTo(1).Because(log);
        await world.Runs("a");
        await Assert.That((await world.Call("doctor", "a")).Output).Contains(found);
    }

    [Test]
    public async Task Check_works_for_a_user_who_may_not_look_into_libvirts_files()
    {
        await using var world = await World.Create();
        var ended = await Run(world, $$"""
            export HOOKAOT_LIBVIRT_ETC="$0/etc"
            mkdir -p "$0/etc/qemu/networks"; touch "$0/etc/qemu/web.xml"; chmod 700 "$0/etc/qemu"
            {{AsNobody}} "$0/hooks/hookctrl" check
            """);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Error).DoesNotContain("denied");
    }

    [Test]
    [Arguments("/proc/sys/net/ipv4/ip_forward")]
    [Arguments("/proc/sys/net/bridge/bridge-nf-call-iptables")]
    [Arguments("/proc/net/route")]
    [Arguments("config.json")]
    public async Task A_lock_of_another_user_on_a_file_that_is_read_changes_nothing(string locked)
    {
        await using var world = await World.Create();
        await Run(world, "[ -e /proc/sys/net/bridge ] || modprobe br_netfilter");
        var ended = await Run(world, $$"""
            cd "$0/hooks"; mkfifo -m 666 "$0/held" "$0/end"
            echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
            echo 0 > /proc/sys/net/ipv4/ip_forward
            {{AsNobody}} flock -x {{locked}} sh -c 'echo held > "$0/held"; read x < "$0/end"' "$0" &
            read x < "$0/held"
            ./hookctrl list
            ./qemu a start begin -
            cat /sys/class/net/vnet0/brport/hairpin_mode
            ./hookctrl status
            iptables -t nat -S HOOKAOT-SNAT
            echo > "$0/end"; wait
            """, Domain("a"));
        await Assert.That(ended.Output).Contains("192.168.122.2").And.Contains("net.ipv4.ip_forward is 0")
            .And.Contains("\n1\n").And.Contains("-s 192.168.122.0/24").Because(ended.Error);
    }
}
