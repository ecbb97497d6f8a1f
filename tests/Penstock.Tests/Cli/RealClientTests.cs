using System.Diagnostics;
using System.Net;
using System.Text;
using Penstock.Tests.Server;

namespace Penstock.Tests.Cli;

/// <summary>Clients that were not written here: what they send to the echo server comes back through them.</summary>
public sealed class RealClientTests
{
    [Fact]
    public async Task Netcat_gets_its_frames_back()
    {
        Tools.Require("nc");
        await using CliProcess server = CliProcess.Start("serve", "echo", "--port", "0");
        IPEndPoint endPoint = await server.WaitEndPointAsync();

        // -N: FIN after the input, so that the server's answer to it ends the session.
        await AssertEchoAsync("nc", ["-N", $"{endPoint.Address}", $"{endPoint.Port}"]);
    }

    [Fact]
    public async Task Socat_gets_its_frames_back_over_TCP()
    {
        Tools.Require("socat");
        await using CliProcess server = CliProcess.Start("serve", "echo", "--port", "0");
        await AssertEchoAsync("socat", ["-t", "20", "-", $"TCP:{await server.WaitEndPointAsync()}"]);
    }

    [Fact]
    public async Task Socat_gets_its_frames_back_over_a_Unix_path()
    {
        Tools.Require("socat");
        using var directory = new TemporaryDirectory();
        string path = directory.PathOf("echo.sock");
        await using CliProcess server = CliProcess.Start("serve", "echo", "--unix", path);
        await server.WaitListeningAsync();
        await AssertEchoAsync("socat", ["-t", "20", "-", $"UNIX-CONNECT:{path}"]);
    }

    private static async Task AssertEchoAsync(string tool, string[] arguments)
    {
        byte[] request = [.. TestClient.Frame("hello"), .. TestClient.Frame(TestClient.Pattern(50_000))];
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                StandardOutputEncoding = Encoding.Latin1,
            },
        };
        process.Start();
        await process.StandardInput.BaseStream.WriteAsync(request, TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        string reply = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).Bounded();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).Bounded();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(request, Encoding.Latin1.GetBytes(reply));
    }
}
