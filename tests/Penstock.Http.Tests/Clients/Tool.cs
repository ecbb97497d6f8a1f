using System.Diagnostics;
using Penstock.Http.Tests.Live;

namespace Penstock.Http.Tests.Clients;

/// <summary>A program of other people.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end and returns what it printed; fails when the program does.</summary>
    public static async Task<string> RunAsync(string name, params string[] arguments)
    {
        Tools.Require(name);
        var start = new ProcessStartInfo(name, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(LiveServer.Patience);
        Task<string> errors = process.StandardError.ReadToEndAsync(LiveServer.Patience);
        try
        {
            await process.WaitForExitAsync(LiveServer.Patience);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        string printed = await output + await errors;
        Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}: {printed}");
        return printed;
    }
}
