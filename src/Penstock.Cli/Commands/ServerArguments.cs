using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Penstock.Polling;

namespace Penstock.Cli.Commands;

/// <summary>
/// The options that every <c>penstock serve</c> command has, and how they become <see cref="ServerOptions"/>.
/// </summary>
internal sealed class ServerArguments
{
    private readonly Option<IPAddress> _host = Options.Address(
        "--host",
        "Address to listen on. Anything wider than loopback must be asked for: 0.0.0.0, or :: for IPv6 and IPv4.");

    private readonly Option<int> _port;

    private readonly Option<UnixDomainSocketEndPoint?> _unix = Options.UnixSocket(
        "--unix", "Listen on a Unix domain socket instead; a leading @ names an abstract one (Linux).");

    private readonly Option<Choice<IoMechanism>> _io = Options.Choice(
        "--io", "How loops learn what their sockets can do.", IoNames.Mechanisms, IoMechanism.Auto);

    private readonly Option<bool> _busyWaitOne = new("--busy-wait-one")
    {
        Description = "The classic busy-wait server: as --io busy-wait, but one connection at a time, to its end.",
    };

    private readonly Option<int?> _readSlices = Options.OptionalNumber(
        "--read-slice-timeouts",
        "Slices of 20 ms that a blocking reader waits for a silent client; no limit when left out.",
        minimum: 1);

    private readonly Option<Choice<Trigger>> _trigger = Options.Choice(
        "--trigger", "When a readiness mechanism reports a socket.", IoNames.Triggers, Trigger.Level);

    private readonly Option<int> _loops = Options.Number(
        "--loops",
        "Event loops, each on a thread of its own.",
        Environment.ProcessorCount,
        minimum: 1,
        LoopOptions.MostLoops);

    private readonly Option<int> _maxConnections = Options.Number(
        "--max-connections",
        "Connections at once; newcomers beyond it wait until somebody leaves.",
        value: 65_536,
        minimum: 1);

    private readonly Option<ByteSize?> _maxConnectionMemory = Options.OptionalSize(
        "--max-connection-memory",
        "Bytes that all connections together may hold of replies and unfinished messages, as in 512mb; "
            + "a quarter of what the process may have when left out.",
        LoopOptions.LeastMemoryForConnections);

    private readonly Option<ByteSize> _maxMessage;
    private readonly Option<Limit> _idleTimeout;

    private readonly Option<Limit> _shutdownTimeout = Options.TimeLimit(
        "--shutdown-timeout",
        "How long a stop waits for clients before it resets them; 0 for no limit.",
        new ServerOptions().ShutdownTimeout);

    private readonly Option<Limit> _lingerTimeout = Options.TimeLimit(
        "--linger-timeout",
        "How long a client that is still sending when its connection is ended is read from; 0 for not at all.",
        new ServerOptions().LingerTimeout);

    /// <param name="port">What is listened on by default.</param>
    /// <param name="maxMessage">Bytes in the longest message by default.</param>
    /// <param name="largestMessage">The most that can be asked for.</param>
    /// <param name="idleTimeout">How long a silent connection is kept by default.</param>
    public ServerArguments(int port, long maxMessage, long largestMessage, TimeSpan idleTimeout)
    {
        _port = Options.Port("--port", "Port to listen on; 0 picks a free one.", port);
        _maxMessage = Options.Size(
            "--max-message",
            "Bytes in the longest message that a client may send, as in 64kb.",
            maxMessage,
            minimum: 1,
            largestMessage);
        _idleTimeout = Options.TimeLimit(
            "--idle-timeout",
            "How long a connection may go without a whole message: seconds, or as in 500ms, 2m; 0 for no limit.",
            idleTimeout);
    }

    /// <summary>For options that mean something beside it only.</summary>
    public Option Unix => _unix;

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _host, _port, _unix,
            _io, _busyWaitOne, _readSlices, _trigger,
            _loops, _maxConnections, _maxConnectionMemory, _maxMessage, _idleTimeout,
            _shutdownTimeout, _lingerTimeout,
        ];
        foreach (Option option in options)
            command.Options.Add(option);
    }

    public ServerOptions Read(ParseResult parsed)
    {
        bool busyWaitOne = parsed.GetValue(_busyWaitOne);
        var options = new ServerOptions
        {
            EndPoint = ReadEndPoint(parsed),
            MaxConnections = busyWaitOne ? 1 : parsed.GetValue(_maxConnections),
            MaxMessageBytes = (int)Math.Min(ReadMaxMessage(parsed), ConnectionOptions.LargestMessageBytes),
            IdleTimeout = parsed.GetValue(_idleTimeout).Time,
            ShutdownTimeout = parsed.GetValue(_shutdownTimeout).Time,
            LingerTimeout = parsed.GetValue(_lingerTimeout).TimeOrNone,

            // A silent newcomer has as long as a silent client: the wire protocols of these servers say so.
            FirstMessageTimeout = Timeout.InfiniteTimeSpan,
            Loops =
            {
                Count = busyWaitOne ? 1 : parsed.GetValue(_loops),
                Io = busyWaitOne ? IoMechanism.BusyWait : parsed.GetValue(_io).Value,
                ReadSliceTimeouts = parsed.GetValue(_readSlices),
                Trigger = parsed.GetValue(_trigger).Value,
            },
        };
        if (parsed.GetValue(_maxConnectionMemory) is { } memory)
            options.Loops.MaxMemoryForConnections = memory.Bytes;
        return options;
    }

    /// <summary>A port of the host that was asked for, whether a Unix domain socket was asked for or not.</summary>
    public IPEndPoint ReadTcpEndPoint(ParseResult parsed, int? port = null) =>
        new(parsed.GetValue(_host)!, port ?? parsed.GetValue(_port));

    /// <summary>Bytes in the longest message, also where the engine could not hold one.</summary>
    public long ReadMaxMessage(ParseResult parsed) => parsed.GetValue(_maxMessage).Bytes;

    private EndPoint ReadEndPoint(ParseResult parsed) =>
        (EndPoint?)parsed.GetValue(_unix) ?? ReadTcpEndPoint(parsed);
}
