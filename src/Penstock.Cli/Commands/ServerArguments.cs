using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;
using Penstock.Polling;

namespace Penstock.Cli.Commands;

/// <summary>
/// The options that every <c>penstock serve</c> command has, and how they become <see cref="ServerOptions"/>.
/// </summary>
internal sealed class ServerArguments
{
    private readonly Option<IPAddress> _host = new("--host")
    {
        Description = "Address to listen on. Anything wider than loopback must be asked for: "
            + "0.0.0.0, or :: for IPv6 and IPv4.",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = Parsing.Address,
        HelpName = "ADDRESS",
    };

    private readonly Option<int> _port;

    private readonly Option<string?> _unix = new("--unix")
    {
        Description = "Listen on a Unix domain socket instead; a leading @ names an abstract one (Linux).",
        HelpName = "PATH",
    };

    private readonly Option<Choice<IoMechanism>> _io = Parsing.Choice(
        "--io", "How loops learn what their sockets can do.", IoNames.Mechanisms, IoMechanism.Auto);

    private readonly Option<bool> _busyWaitOne = new("--busy-wait-one")
    {
        Description = "The classic busy-wait server: as --io busy-wait, but one connection at a time, to its end.",
    };

    private readonly Option<int?> _readSlices = new("--read-slice-timeouts")
    {
        Description = "Slices of 20 ms that a blocking reader waits for a silent client; no limit when left out.",
        HelpName = "N",
    };

    private readonly Option<Choice<Trigger>> _trigger = Parsing.Choice(
        "--trigger", "When a readiness mechanism reports a socket.", IoNames.Triggers, Trigger.Level);

    private readonly Option<int> _loops = Parsing.Number(
        "--loops", "Event loops, each on a thread of its own.", Environment.ProcessorCount, minimum: 1);

    private readonly Option<int> _maxConnections = Parsing.Number(
        "--max-connections",
        "Connections at once; newcomers beyond it wait until somebody leaves.",
        value: 65_536,
        minimum: 1);

    private readonly Option<int> _maxMessage;

    private readonly Option<double> _idleTimeout = new("--idle-timeout")
    {
        Description = "Seconds that a connection may go without a whole message; 0 for no limit.",
        HelpName = "SECONDS",
    };

    public ServerArguments(int port, int maxMessage, double idleSeconds = 60)
    {
        _idleTimeout.DefaultValueFactory = _ => idleSeconds;
        _port = Parsing.Port("--port", "Port to listen on; 0 picks a free one.", port);
        _maxMessage = Parsing.Number(
            "--max-message", "Bytes in the longest message that a client may send.", maxMessage, minimum: 1);
        _idleTimeout.Validators.Add(RejectNegative);
        _readSlices.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int?>() < 1)
                result.AddError("--read-slice-timeouts must be at least 1.");
        });
    }

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _host, _port, _unix,
            _io, _busyWaitOne, _readSlices, _trigger,
            _loops, _maxConnections, _maxMessage, _idleTimeout,
        ];
        foreach (Option option in options)
            command.Options.Add(option);
    }

    public ServerOptions Read(ParseResult parsed)
    {
        double idleSeconds = parsed.GetValue(_idleTimeout);
        TimeSpan idle = idleSeconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(idleSeconds);
        bool busyWaitOne = parsed.GetValue(_busyWaitOne);
        return new ServerOptions
        {
            EndPoint = ReadEndPoint(parsed),
            MaxConnections = busyWaitOne ? 1 : parsed.GetValue(_maxConnections),
            MaxMessageBytes = parsed.GetValue(_maxMessage),
            IdleTimeout = idle,

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
    }

    /// <summary>A port of the host that was asked for, whether a Unix domain socket was asked for or not.</summary>
    public IPEndPoint ReadTcpEndPoint(ParseResult parsed, int? port = null) =>
        new(parsed.GetValue(_host)!, port ?? parsed.GetValue(_port));

    private EndPoint ReadEndPoint(ParseResult parsed)
    {
        if (parsed.GetValue(_unix) is { } path)
            return new UnixDomainSocketEndPoint(path.StartsWith('@') ? string.Concat("\0", path.AsSpan(1)) : path);
        return ReadTcpEndPoint(parsed);
    }

    private static void RejectNegative(OptionResult result)
    {
        if (!result.Errors.Any() && !(result.GetValueOrDefault<double>() >= 0))
            result.AddError("--idle-timeout must not be negative.");
    }
}
