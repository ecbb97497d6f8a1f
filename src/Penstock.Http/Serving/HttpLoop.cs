using Penstock.Http.Responses;

namespace Penstock.Http.Serving;

/// <summary>What the HTTP connections of one loop share.</summary>
internal sealed class HttpLoop(
    HttpServer server, HttpOptions options, HttpRoutes routes, TimeProvider time, int sendHighMark)
{
    private bool _stopping;
    private DateTimeOffset _fileReported;

    public HttpServer Server => server;

    public HttpOptions Options => options;

    public HttpRoutes Routes => routes;

    /// <summary>The engine's high mark: beyond it a response waits for its client.</summary>
    public int SendHighMark => sendHighMark;

    public DateHeader Date { get; } = new(time.GetUtcNow());

    public HttpCounters Counters { get; } = new();

    public ReceivingWatch Watch { get; } = new(options, time, HttpServer.SweepPeriod);

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

    public void UpdateDate() => Date.Update(time.GetUtcNow());
}
