using Penstock.Http.Responses;

namespace Penstock.Http.Serving;

/// <summary>What the connections of one server share on one loop.</summary>
internal sealed class HttpLoop(
    HttpServer server, HttpOptions options, HttpRoutes routes, EventLoopContext loop, int sendHighMark)
{
    public HttpServer Server => server;

    public HttpOptions Options => options;

    public HttpRoutes Routes => routes;

    /// <summary>The engine's high mark: beyond it a response waits for its client.</summary>
    public int SendHighMark => sendHighMark;

    public DateHeader Date { get; } = new(loop.TimeProvider.GetUtcNow());

    public HttpCounters Counters { get; } = new();

    public ReceivingWatch Watch { get; } = new(options, loop.TimeProvider, HttpServer.SweepPeriod);

    /// <summary>The timer that renews the date and looks for late requests.</summary>
    public IDisposable? Sweeping { get; set; }

    public void UpdateDate() => Date.Update(loop.TimeProvider.GetUtcNow());
}
