using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Penstock.Testing;

/// <summary>
/// A program that runs beside a test and never outlives it. Whatever is waited for has a deadline: a program that hangs
/// fails its test.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    public ChildProcess(string path, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The <c>penstock</c> command that this build made.</summary>
    public static ChildProcess Penstock(params string[] arguments) => new("dotnet", PenstockWords(arguments));

    /// <summary>What <c>dotnet</c> is called with to run the <c>penstock</c> command that this build made.</summary>
    public static string[] PenstockWords(params string[] arguments) =>
        [Path.Combine(AppContext.BaseDirectory, "penstock.dll"), .. arguments];

    /// <summary>The next line of its output; null at the end.</summary>
    public Task<string?> ReadLineAsync() =>
        BoundedAsync(_process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask());

    /// <summary>Ends the program as a crash does: no handler of it runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    /// <summary>All that it printed, once it has ended.</summary>
    public async Task<(int ExitCode, string Output)> WaitAsync()
    {
        string output = await BoundedAsync(
            _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        return (await WaitForExitAsync(), output);
    }

    public async Task<int> WaitForExitAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    /// <summary>All that it complained about, once it has ended.</summary>
    public Task<string> ReadErrorsAsync() => BoundedAsync(_errors);

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _errors.Wait();
        _process.Dispose();
    }

    private static Task<T> BoundedAsync<T>(Task<T> work) =>
        work.WaitAsync(Patience, TestContext.Current.CancellationToken);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
