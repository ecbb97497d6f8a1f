using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Penstock.Tests.Cli;

/// <summary>
/// The built <c>penstock</c> command as a child process, with what it prints. Killed when it is disposed.
/// </summary>
internal sealed partial class CliProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private CliProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Record(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Record(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyList<string> Output => [.. _output];

    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>Processor time that the child has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public int Id => _process.Id;

    private static string Assembly => RepositoryRoot.Output("src/Penstock.Cli", "penstock.dll");

    public static CliProcess Start(params string[] arguments) =>
        new(new ProcessStartInfo("dotnet", [Assembly, .. arguments]));

    /// <summary>
    /// Starts the command as a terminal would. A shell that runs these tests in the background makes them, and all that
    /// they start, ignore <see cref="SigInt"/>, and the command rightly keeps to that.
    /// </summary>
    public static CliProcess StartInForeground(params string[] arguments) =>
        OperatingSystem.IsLinux() ? StartThrough(["env", "--default-signal=INT"], arguments) : Start(arguments);

    /// <summary>Starts the command through another program, which runs what its own arguments end with.</summary>
    public static CliProcess StartThrough(string[] outer, params string[] arguments) =>
        new(new ProcessStartInfo(outer[0], [.. outer[1..], "dotnet", Assembly, .. arguments]));

    /// <summary>Starts the command where it may open only so many descriptors, sockets included.</summary>
    public static CliProcess StartWithDescriptorLimit(int limit, params string[] arguments) =>
        new(new ProcessStartInfo(
            "bash", ["-c", $"ulimit -n {limit}; exec dotnet \"$@\"", "bash", Assembly, .. arguments]));

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors)> RunAsync(
        params string[] arguments)
    {
        await using CliProcess process = Start(arguments);
        int exitCode = await process.WaitForExitAsync();
        return (exitCode, process.Output, process.Errors);
    }

    /// <summary>Waits for the line that says where the server listens; returns that place.</summary>
    /// <param name="said">What the line says, where a server listens in several places.</param>
    public async Task<string> WaitListeningAsync(string said = "")
    {
        await Patience.UntilAsync(
            () => _output.Any(line => line.Contains(said, StringComparison.Ordinal)) || _process.HasExited,
            "the server listens");
        Assert.False(_process.HasExited, string.Join('\n', Errors));
        string line = Output.First(line => line.Contains(said, StringComparison.Ordinal));
        Match banner = Banner().Match(line);
        Assert.True(banner.Success, line);
        return banner.Groups["place"].Value;
    }

    public async Task<IPEndPoint> WaitEndPointAsync(string said = "") =>
        IPEndPoint.Parse(await WaitListeningAsync(said));

    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).Bounded();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static void Record(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    [GeneratedRegex(@"^\w+ listening on (?<place>\S+) \((?<how>.+)\)$")]
    private static partial Regex Banner();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
