using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Penstock.Broadcast.Tests.Clients;

/// <summary>
/// A client in a process of its own, spoken to through its standard streams. It never outlives its test.
/// </summary>
internal sealed class ClientProcess : IDisposable
{
    private readonly Process _process;
    private readonly CancellationTokenSource _deadline;

    public ClientProcess(string program, params string[] arguments)
    {
        _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _deadline.CancelAfter(TimeSpan.FromSeconds(30));
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public static ClientProcess Netcat(TcpServer server, params string[] options)
    {
        Tools.Require("nc");
        return new ClientProcess("nc", [.. options, "127.0.0.1", PortOf(server)]);
    }

    /// <summary>The <c>penstock</c> command that this build made.</summary>
    public static ClientProcess Penstock(string command, TcpServer server, string framing) => new(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "penstock.dll"),
            command, "--port", PortOf(server), "--framing", framing,
        ]);

    public async Task WriteLinesAsync(params string[] lines)
    {
        foreach (string line in lines)
            await _process.StandardInput.WriteAsync($"{line}\n".AsMemory(), _deadline.Token);
        await _process.StandardInput.FlushAsync(_deadline.Token);
    }

    public void FinishInput() => _process.StandardInput.Close();

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync(_deadline.Token);

    /// <summary>The lines that it still prints, and how it ended.</summary>
    public async Task<(int ExitCode, string[] Lines)> WaitAsync()
    {
        string rest = await _process.StandardOutput.ReadToEndAsync(_deadline.Token);
        await _process.WaitForExitAsync(_deadline.Token);
        return (_process.ExitCode, rest.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _deadline.Dispose();
    }

    private static string PortOf(TcpServer server) =>
        ((IPEndPoint)server.EndPoint).Port.ToString(CultureInfo.InvariantCulture);
}
