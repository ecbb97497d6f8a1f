using Penstock.Http.Parsing;

namespace Penstock.Http;

/// <summary>
/// What one request may cost and how long it may take. What a connection may cost is in <see cref="ServerOptions"/>:
/// its <see cref="ConnectionOptions.IdleTimeout"/> is how long a kept-alive connection may be silent, its
/// <see cref="ConnectionOptions.FirstMessageTimeout"/> how long a new one may take for its first request head.
/// </summary>
/// <remarks>
/// The deadlines here are looked at every <see cref="HttpServer.SweepPeriod"/>; they are late by up to twice that and
/// never early.
/// </remarks>
public sealed class HttpOptions
{
    /// <summary>
    /// The longest request line, without its end. Default: 8,192. A longer target is answered 414, a longer method 501.
    /// </summary>
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>
    /// The longest request head, and the most that trailers may take. Default: 32 KiB. A longer one is answered 431.
    /// Must not be above <see cref="ConnectionOptions.MaxMessageBytes"/>, which is what the engine keeps of an
    /// unfinished head.
    /// </summary>
    public int MaxHeadBytes { get; set; } = 32 * 1024;

    /// <summary>
    /// The most header fields of one head, and trailer fields of one body. Default: 100. More are answered 431.
    /// </summary>
    public int MaxHeaders { get; set; } = 100;

    /// <summary>
    /// The longest request body. Default: 100 MiB. A longer one is answered 413. Bodies are not buffered.
    /// </summary>
    public long MaxBodyBytes { get; set; } = 100L * 1024 * 1024;

    /// <summary>
    /// How much of a body that nobody wants is read to keep its connection. Default: 256 KiB. With more left, the
    /// connection is closed after the response.
    /// </summary>
    public long MaxDiscardedBodyBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// How long a request head may take from its first byte. Default: 8 s, below the engine's first-message timeout,
    /// so that a slow head is answered (408) and not only cut. Infinite leaves it to the engine's deadlines.
    /// </summary>
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long a request body may take as a whole. Default: infinite, because <see cref="MinBodyBytesPerSecond"/>
    /// already bounds it. Beyond it the request is answered 408.
    /// </summary>
    public TimeSpan BodyTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The slowest that a body may arrive, on average over each <see cref="MinBodyRateWindow"/>. Default: 240. 0 for no
    /// limit. A slower one is answered 408. Time in which the server itself does not take the body does not count.
    /// </summary>
    public int MinBodyBytesPerSecond { get; set; } = 240;

    /// <summary>What <see cref="MinBodyBytesPerSecond"/> is measured over. Default: 5 s.</summary>
    public TimeSpan MinBodyRateWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The hosts that the server answers for, from the <c>Host</c> field or an absolute target, without ports: a name,
    /// <c>*.name</c> for all below it, an address, or <c>*</c> for every host. Others are answered 421. Default: empty,
    /// which means on a loopback address every address, <c>localhost</c> and the names below it, and elsewhere every
    /// host, because a server cannot know its names. A request that names no host is served.
    /// </summary>
    /// <remarks>
    /// Without this, a web page of any origin could have its name point at loopback and read what a server there
    /// serves. It does not keep a page from sending requests to the server's real name; whoever changes something on
    /// request should also look at <c>Origin</c>.
    /// </remarks>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Whether a text may stand in <see cref="AllowedHosts"/>.</summary>
    public static bool IsHostPattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return HostRules.IsPattern(text);
    }

    internal HttpOptions Copy() => (HttpOptions)MemberwiseClone();

    internal void Validate(ServerOptions server)
    {
        AtLeast(MaxRequestLineBytes, 16, nameof(MaxRequestLineBytes));
        AtLeast(MaxHeadBytes, MaxRequestLineBytes, nameof(MaxHeadBytes));
        AtLeast(MaxHeaders, 1, nameof(MaxHeaders));
        AtLeast(MaxBodyBytes, 0, nameof(MaxBodyBytes));
        AtLeast(MaxDiscardedBodyBytes, 0, nameof(MaxDiscardedBodyBytes));
        AtLeast(MinBodyBytesPerSecond, 0, nameof(MinBodyBytesPerSecond));
        Hosts(AllowedHosts, nameof(AllowedHosts));
        PositiveOrInfinite(HeadTimeout, nameof(HeadTimeout));
        PositiveOrInfinite(BodyTimeout, nameof(BodyTimeout));
        PositiveOrInfinite(MinBodyRateWindow, nameof(MinBodyRateWindow));
        AtMost(MaxHeadBytes, server.MaxMessageBytes, nameof(MaxHeadBytes), nameof(server.MaxMessageBytes));
    }

    private static void AtLeast(long value, long minimum, string name)
    {
        if (value < minimum)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least {minimum}.");
    }

    private static void AtMost(long value, long maximum, string name, string maximumName)
    {
        if (value > maximum)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must not be above {maximumName} ({maximum}).");
    }

    private static void Hosts(IReadOnlyList<string> hosts, string name)
    {
        ArgumentNullException.ThrowIfNull(hosts, name);
        if (hosts.FirstOrDefault(host => !HostRules.IsPattern(host)) is { } wrong)
            throw new ArgumentException($"{name}: '{wrong}' is no host.", name);
    }

    private static void PositiveOrInfinite(TimeSpan value, string name)
    {
        if (value == Timeout.InfiniteTimeSpan)
            return;
        if (value <= TimeSpan.Zero || value > TimeSpan.FromMilliseconds(int.MaxValue))
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be positive and at most 24 days, or infinite.");
        }
    }
}
