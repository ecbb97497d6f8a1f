using Penstock.Http.Responses;

namespace Penstock.Http.Serving;

/// <summary>What the connections of one server share on one loop.</summary>
internal sealed class HttpLoop(
    HttpServer server, HttpOptions options, HttpRoutes routes, EventLoopContext loop)
{
    private bool _stopping;
    private DateTimeOffset _fileReported;

    public HttpServer Server => server;

    public HttpOptions Options => options;

    public HttpRoutes Routes => routes;

    public DateHeader Date { get; } = new(loop.TimeProvider.GetUtcNow());

    public HttpCounters Counters { get; } = new();

    public ReceivingWatch Watch { get; } = new(options, loop.TimeProvider, HttpServer.SweepPeriod);

    /// <summary>The timer that renews the date and looks for late requests.</summary>
    public IDisposable? Sweeping { get; set; }

    /// <summary>The server stops: every request is the last of its connection.</summary>
    public bool IsStopping
    {
        get => Volatile.Read(ref _stopping);
        set => Volatile.Write(ref _stopping, value);
    }

    /// <summary>
    /// Says that a file could not be opened, at most once a second: out of descriptors it is so with every file.
    /// </summary>
    public void ReportFile(string path, int error)
    {
        if (Date.Second == _fileReported)
            return;
        _fileReported = Date.Second;
        HttpEventSource.Log.FileNotOpened(path, error);
    }

    public void UpdateDate() => Date.Update(loop.TimeProvider.GetUtcNow());
}
