namespace HookAot.Tests.Netns;

/// <summary>Calls of the published hookctrl on the world's host.</summary>
internal static class Hookctrl
{
    /// <summary>Its path.</summary>
    public static string HookctrlPath(this World world) => Path.Combine(world.Directory, "hooks", "hookctrl");

    /// <summary>Calls it.</summary>
    public static Task<Ended> Call(this World world, params IEnumerable<string> arguments) =>
        Tool.Run([.. world.Host.Enter, world.HookctrlPath(), .. arguments], environment: world.HookEnvironment);

    /// <summary>Calls it with words between spaces; it has to end with exit code 0.</summary>
    /// <returns>Its standard output.</returns>
    public static async Task<string> Done(this World world, string arguments)
    {
        var ended = await world.Call(arguments.Split(' '));
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error + ended.Output);
        return ended.Output;
    }

    /// <summary>Calls it; it has to end with another exit code and without a word on stdout.</summary>
    /// <returns>Its standard error.</returns>
    public static async Task<string> Refused(this World world, string arguments, int code = 1)
    {
        var ended = await world.Call(arguments.Split(' '));
        await Assert.That(ended.ExitCode).IsEqualTo(code).Because(ended.Error);
        await Assert.That(ended.Output).IsEmpty();
        return ended.Error;
    }
}
