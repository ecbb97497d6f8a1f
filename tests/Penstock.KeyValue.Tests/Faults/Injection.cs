using System.Globalization;

namespace Penstock.KeyValue.Tests.Faults;

/// <summary>
/// System calls of a program that fail below the runtime, at the hand of <c>strace</c>, as long as this lives. Only
/// calls that concern the given files are touched.
/// </summary>
internal sealed class Injection : IAsyncDisposable
{
    /// <summary>Whatever a file can be written with.</summary>
    public const string Writes = "write,pwrite64,pwritev,pwritev2";

    /// <summary>Whatever forces a file to the disk.</summary>
    public const string Syncs = "fsync,fdatasync";

    /// <summary>Whatever a file can be read with.</summary>
    public const string Reads = "read,pread64,preadv,preadv2";

    private readonly string _record = Path.GetTempFileName();

    /// <summary>The tracer; or the program itself, whose tracer then ends with it.</summary>
    private readonly ChildProcess _process;
    private readonly bool _isAttached;

    private Injection(string calls, string failure, string[] files, string[] target, bool isAttached)
    {
        _isAttached = isAttached;
        string[] words = Strace.Words(_record, calls, failure, files);
        _process = new ChildProcess(words[0], [.. words[1..], .. target]);
    }

    /// <summary>Calls that were made to fail so far.</summary>
    public int Count => Strace.CountInjected(_record);

    /// <summary>Begins to fail the calls of a program that runs; disposing ends it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="calls">The calls' names, separated by commas.</param>
    /// <param name="failure">How they fail, in strace's words: <c>error=EIO</c>, perhaps <c>:when=2</c>.</param>
    /// <param name="files">The files that the calls must concern, by every name that a call may have for them.</param>
    public static async Task<Injection> AttachAsync(
        ChildProcess program, string calls, string failure, params string[] files)
    {
        string id = program.Id.ToString(CultureInfo.InvariantCulture);
        var injection = new Injection(calls, failure, files, ["-p", id], isAttached: true);
        await Until.TrueAsync(() => injection._process.HasExited || injection.TracesAllOf(program));
        Assert.False(injection._process.HasExited, "strace has ended at once.");
        return injection;
    }

    /// <summary>
    /// Starts the <c>penstock</c> command, some of whose calls fail from the start. Whoever takes the program ends it.
    /// </summary>
    public static Injection Start(
        string calls, string failure, string[] files, string[] arguments, out ChildProcess program)
    {
        // The tracer is a grandchild, so that the process here is the program itself.
        string[] target = ["-D", "dotnet", .. ChildProcess.PenstockWords(arguments)];
        var injection = new Injection(calls, failure, files, target, isAttached: false);
        program = injection._process;
        return injection;
    }

    /// <summary>From here on the calls of a program that was attached to work again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isAttached)
        {
            if (!_process.HasExited)
                _process.Signal(ChildProcess.SigTerm);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        File.Delete(_record);
    }

    private bool TracesAllOf(ChildProcess program)
    {
        string tracer = $"TracerPid:\t{_process.Id}";
        return Directory.GetDirectories($"/proc/{program.Id}/task")
            .All(thread => File.ReadLines(Path.Combine(thread, "status")).Contains(tracer));
    }
}
