using Penstock.Http;
using Penstock.Http.Serving;
using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>
/// The HTTP server: requests with lengths and in chunks, pipelined; every response is the next request's, complete and
/// right, and what no server may accept is refused with its status and ends the connection.
/// </summary>
internal sealed class HttpScenario : Scenario
{
    private const int PieceBytes = 512;

    private readonly Dictionary<ServerUnderTest, HttpOptions> _options = [];
    private SimulationRun _run = null!;

    public override string Name => "http";

    public override bool HandlersPause => true;

    public override void Begin(SimulationRun run) => _run = run;

    public override void Adjust(ServerOptions options) =>
        options.MaxMessageBytes = Math.Max(options.MaxMessageBytes, 4_096);

    public override ConnectionHandler CreateHandler(ServerUnderTest server)
    {
        HttpOptions options = DrawOptions();
        options.Validate(server.Options);
        _options.Add(server, options);
        HttpRoutes routes = DefaultRoutes.Create()
            .Map("GET", "/bytes/{count}", new BytesEndpoint())
            .Map("GET", "/throw", (Action<HttpExchange>)(_ => throw new InvalidOperationException("planted")))
            .Map("POST", "/echo", EchoAsync);
        var loop = new HttpLoop(new HttpServer(options, routes), options, routes, _run.Loop.Context);
        var handler = new HttpConnectionHandler(loop);
        _run.StartTimer(HttpServer.SweepPeriod, handler.Sweep);
        return handler;
    }

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection)
    {
        HttpOptions options = _options[server];
        TimeSpan rate = options.MinBodyBytesPerSecond > 0 ? options.MinBodyRateWindow : Timeout.InfiniteTimeSpan;
        long patience = new[] { options.HeadTimeout, options.BodyTimeout, rate }
            .Min(limit => limit == Timeout.InfiniteTimeSpan ? long.MaxValue : limit.Ticks);

        // A silence that the engine ends is counted from before the request, which is then answered with the same.
        if (HasSilenceLimit(server.Options))
            patience = 0;
        return new HttpClient(server, network, connection, options, patience);
    }

    public override int MaxReplyBytes(ServerUnderTest server) => 2_048;

    /// <summary>It answers, or an endpoint does not take the body now: either way something is under way.</summary>
    public override bool MayBePaused(ConnectionRecord record) => record.Connection.UserState is HttpExchange exchange
        && (!exchange.Response.IsComplete || exchange.Async.IsRunning) && record.Slot.IsSending;

    public override bool Explains(ConnectionRecord record)
    {
        var client = (HttpClient)record.Client;
        HttpOptions options = _options[record.Server];
        bool mayBeLate = options.HeadTimeout != Timeout.InfiniteTimeSpan
            || options.BodyTimeout != Timeout.InfiniteTimeSpan || options.MinBodyBytesPerSecond > 0
            || HasSilenceLimit(record.Server.Options);
        return record.Reason switch
        {
            CloseReason.HandlerFault => client.AskedToThrow,
            CloseReason.LocalClose when client.MayBeClosed => true,

            // Too late, or gone in the middle of a request; with a part of the answer sent, that is a reset.
            CloseReason.ProtocolError or CloseReason.LocalClose =>
                mayBeLate || record.SawPeerFinish || client.SentForbidden,
            _ => false,
        };
    }

    public override void CheckEnd(IReadOnlyList<ConnectionRecord> records)
    {
        foreach (ConnectionRecord record in records)
        {
            var client = (HttpClient)record.Client;
            bool failed = client.WasCutOff || client.Connection.MayFail || client.Connection.IsClientReset;
            if (client.SawEnd && !failed)
                _run.Require(client.TornBytes == 0, $"{record} ended with {record.Reason} within a response");
        }
    }

    private static bool HasSilenceLimit(ServerOptions options) =>
        options.IdleTimeout != Timeout.InfiniteTimeSpan || options.FirstMessageTimeout != Timeout.InfiniteTimeSpan;

    private HttpOptions DrawOptions() => new()
    {
        MaxRequestLineBytes = (int)_run.Chance.Spread(64, 1_024),
        MaxHeadBytes = (int)_run.Chance.Spread(1_024, 4_096),
        MaxBodyBytes = _run.Chance.Spread(100, 100_000),
        HeadTimeout = DrawTimeout(),
        BodyTimeout = DrawTimeout(),
        MinBodyBytesPerSecond = _run.Chance.Pick(0, 0, 1, 240),
        MinBodyRateWindow = TimeSpan.FromSeconds(_run.Chance.Between(1, 20)),
    };

    private TimeSpan DrawTimeout() => _run.Chance.Chance(0.5)
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromTicks(_run.Chance.Spread(VirtualTime.Second / 10, 100 * VirtualTime.Second));

    private static async ValueTask EchoAsync(HttpExchange exchange)
    {
        byte[] piece = new byte[PieceBytes];
        exchange.Response.Start(null);
        for (int count; (count = await exchange.ReadBodyAsync(piece)) > 0;)
        {
            exchange.Response.Write(piece.AsSpan(0, count));
            await exchange.FlushAsync();
        }

        exchange.Response.Complete();
    }
}
