using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>A config that others may write: check and doctor say so, with the command that ends it.</summary>
[Category("Netns")]
public sealed class PermissionDoubtTests
{
    [Test]
    public async Task Check_and_doctor_say_who_else_decides_what_is_forwarded()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Quietly("a", "start");
        await Assert.That((await world.Call("check")).Error).IsEmpty();
        await Tool.Succeed(["chmod", "666", world.Config]);
        await Tool.Succeed(["chown", "65534", Path.Combine(world.Directory, "run")]);

        var check = await world.Call("check");
        await Assert.That(check.ExitCode).IsEqualTo(0);
        await Assert.That(check.Error)
            .Contains($"{world.Config} may be written by every user").And.Contains("belongs to the user 65534");
        await Assert.That(await world.Done("doctor a"))
            .Contains($"note   {world.Config} may be written by every user").And.Contains($"chmod go-w {world.Config}");
    }
}
