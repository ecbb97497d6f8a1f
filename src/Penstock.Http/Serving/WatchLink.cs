namespace Penstock.Http.Serving;

/// <summary>An exchange's place among those whose request is being received, and what it must keep to.</summary>
internal sealed class WatchLink(HttpExchange exchange)
{
    public HttpExchange Exchange => exchange;

    public WatchLink? Previous { get; set; }

    public WatchLink? Next { get; set; }

    public bool IsWatched { get; set; }

    /// <summary>The phase that the deadlines below are for.</summary>
    public ExchangePhase Phase { get; set; }

    /// <summary>When the head, or the whole body, must be here.</summary>
    public long Deadline { get; set; }

    /// <summary>When the rate of the body is looked at next.</summary>
    public long WindowEnd { get; set; }

    /// <summary>Body bytes when the window began.</summary>
    public long WindowBytes { get; set; }
}
