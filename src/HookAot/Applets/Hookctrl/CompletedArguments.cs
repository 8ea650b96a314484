using System.CommandLine;
using System.CommandLine.Completions;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Arguments that a shell completes with what the config or libvirt names.</summary>
internal static class CompletedArguments
{
    /// <summary>Completes an argument with the guests of the config.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="next">The argument after it, if there is one: once that is reached, this one is done.</param>
    public static Argument<string> WithMachines(this Argument<string> name, Argument? next = null) =>
        name.With(context => IsReached(next, context) ? [] : Config(context).Machines.Select(m => m.Name));

    /// <summary>Completes an argument with the guests of the config, and behind a colon with their ports.</summary>
    public static Argument<string> WithForwards(this Argument<string> target) => target.With(context =>
        context.WordToComplete.Contains(':', StringComparison.Ordinal)
            ? Config(context).Machines.SelectMany(m => m.Forwards.Select(f => $"{m.Name}:{f.Public}"))
            : Config(context).Machines.Select(m => m.Name));

    /// <summary>Completes an argument with the guests that libvirt knows.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="isSecond">Whether another one stands before it.</param>
    public static Argument<string> WithDefinedGuests(this Argument<string> name, bool isSecond = false) =>
        name.With(context => isSecond && !IsReached(name, context)
            ? []
            : LibvirtDefinitions.Guests(Session.Of(context.ParseResult).Paths).Names);

    /// <summary>Completes an argument with the networks of the config.</summary>
    public static Argument<string> WithNetworks(this Argument<string> name) =>
        name.With(context => Config(context).Networks.Select(n => n.Name));

    /// <summary>Completes an argument with the forwards of the guest that is named before it.</summary>
    public static T WithPorts<T>(this T ports, Argument<string> name)
        where T : Argument =>
        ports.With(context => IsReached(ports, context) ? Forwards(context, context.ParseResult.GetValue(name)) : []);

    /// <summary>Whether the words go as far as an argument.</summary>
    public static bool IsReached(Argument? argument, CompletionContext context) =>
        argument is not null && context.ParseResult.GetResult(argument)?.Tokens.Count > 0;

    private static IEnumerable<string> Forwards(CompletionContext context, string? machine)
    {
        if (Config(context).Machines.FirstOrDefault(m => m.Name == machine) is not { } named) return [];
        return named.Entries.Select(f => new PortNotation(f.Public, f.Guest, f.Protocols).ToString());
    }

    /// <summary>Completes an argument with words.</summary>
    public static T With<T>(this T argument, Func<CompletionContext, IEnumerable<string>> words)
        where T : Argument
    {
        // For an argument without this name --help would show all that it may become.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(context => words(context).Select(word => new CompletionItem(word)));
        return argument;
    }

    private static HookConfig Config(CompletionContext context)
    {
        try
        {
            return Session.Of(context.ParseResult).ReadConfig().Config ?? HookConfig.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return HookConfig.Empty;
        }
    }
}
