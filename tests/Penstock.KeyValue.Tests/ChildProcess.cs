using System.Diagnostics;

namespace Penstock.KeyValue.Tests;

/// <summary>A program that runs beside a test and never outlives it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _errors;

    public ChildProcess(string path, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The <c>penstock</c> command that this build made.</summary>
    public static ChildProcess Penstock(params string[] arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "penstock.dll"), .. arguments]);

    public async Task<string?> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

    /// <summary>Ends the program as a crash does: no handler of it runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>All that it printed, once it has ended.</summary>
    public async Task<(int ExitCode, string Output)> WaitAsync()
    {
        string output = await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _errors.Wait();
        _process.Dispose();
    }
}
