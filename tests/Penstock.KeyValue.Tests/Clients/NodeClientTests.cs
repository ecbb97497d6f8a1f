using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Penstock.KeyValue.Tests.Clients;

/// <summary>
/// The two clients of Node.js, driven by the scripts beside this file. A script fails when a reply is not what it
/// should be, and when the client complains of anything.
/// </summary>
public sealed class NodeClientTests
{
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Clients");

    [Theory]
    [InlineData("ioredis.js", "2")]
    [InlineData("ioredis.js", "3")]
    [InlineData("node-redis.js", "2")]
    [InlineData("node-redis.js", "3")]
    public async Task A_client_gets_what_it_asks_for_and_complains_of_nothing(string script, string protocol)
    {
        TestIo.SkipIfOneAtATime();
        string node = Tools.Require("node");
        await InstallOrSkipAsync();
        await using KeyValueServer server = Servers.Start(loops: 2);
        await RunAsync(node, script, Port(server), protocol);

        // The one that the script asks for: INCR of a text, once alone and once in a transaction.
        await ServerErrors.AreAsync(server, [script == "ioredis.js" ? "incr:0:2" : "incr:0:1"]);
    }

    [Theory]
    [InlineData("ioredis.js", "2")]
    [InlineData("ioredis.js", "3")]
    [InlineData("node-redis.js", "2")]
    [InlineData("node-redis.js", "3")]
    public async Task A_client_gives_the_password(string script, string protocol)
    {
        TestIo.SkipIfOneAtATime();
        string node = Tools.Require("node");
        await InstallOrSkipAsync();
        await using KeyValueServer server = Servers.Start(options => options.Password = "geheim");
        await RunAsync(node, script, Port(server), protocol, "geheim");
    }

    private static async Task RunAsync(string node, string script, params string[] arguments)
    {
        (int exitCode, string output) = await RunToEndAsync(node, Folder, [script, .. arguments]);
        Assert.True(exitCode == 0, output);
        Assert.Equal("passed", output.Trim());
    }

    private static string Port(KeyValueServer server) =>
        ((IPEndPoint)server.RespEndPoint!).Port.ToString(CultureInfo.InvariantCulture);

    private static async Task InstallOrSkipAsync()
    {
        Tools.Require("npm");
        try
        {
            await Installed.Value;
        }
        catch (IOException exception) when (!Tools.AreRequired)
        {
            Assert.Skip(exception.Message);
        }
    }

    /// <summary>Installs the clients beside the tests, once; they stay there for the next run.</summary>
    private static async Task InstallAsync()
    {
        if (File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json")))
            return;
        (int exitCode, string output) = await RunToEndAsync(
            Tools.Require("npm"), Folder, ["install", "--no-audit", "--no-fund", "--no-package-lock"]);
        if (exitCode != 0)
            throw new IOException($"npm install failed: {output}");
    }

    /// <summary>Runs a program to its end; returns all that it printed, on either stream.</summary>
    private static async Task<(int ExitCode, string Output)> RunToEndAsync(
        string program, string folder, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
