using System.Diagnostics;
using System.IO.Pipes;

namespace HookAot.Tests.Netns;

/// <summary>How a program ended, and what it said.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>Runs programs.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end, whatever its exit code.</summary>
    /// <param name="command">argv.</param>
    /// <param name="input">All of stdin.</param>
    /// <param name="environment">Variables to set besides those of the tests.</param>
    public static async Task<Ended> Run(
        IReadOnlyList<string> command,
        string input = "",
        IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(command, environment ?? new Dictionary<string, string>());
        using var timeout = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended, or was killed, without reading everything, as it may.
        }

        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return new Ended(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{string.Join(' ', command)}: {WhatItWaitsFor(process)}");
        }
    }

    // After its end only somebody who has inherited its output can keep that open.
    private static string WhatItWaitsFor(Process process)
    {
        if (!process.HasExited) return $"does not end, pid {process.Id}";
        if (process.StandardOutput.BaseStream is not PipeStream { SafePipeHandle: var handle }) return "its output";
        var pipe = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
        var holders = new List<string>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (Directory.EnumerateFiles(Path.Combine(directory, "fd"))
                    .Any(fd => new FileInfo(fd).LinkTarget == pipe))
                {
                    holders.Add(File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' '));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is no process, or has ended.
            }
        }

        return $"has ended, and its output {pipe} is held open by: {string.Join("; ", holders)}";
    }

    /// <summary>Runs a program that has to succeed.</summary>
    /// <returns>What it wrote to stdout.</returns>
    public static async Task<string> Succeed(
        IReadOnlyList<string> command,
        string input = "",
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var ended = await Run(command, input, environment);
        if (ended.ExitCode == 0) return ended.Output;

        var words = string.Join(' ', command);
        throw new InvalidOperationException(
            $"{words} failed with exit code {ended.ExitCode}: {ended.Error}{ended.Output}");
    }

    private static Process Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} was not started");
    }
}
