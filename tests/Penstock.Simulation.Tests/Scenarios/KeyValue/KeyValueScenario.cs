using Penstock.KeyValue;
using Penstock.Simulation.Checks;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;
using Penstock.Timing;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>
/// The key-value server, both protocols over one store. One loop works in one order, so there is exactly one right
/// reply to every command: the one of a model that does the same commands in that order and at the same times.
/// </summary>
internal sealed class KeyValueScenario : Scenario
{
    private const int MinMessageBytes = 1024;

    private readonly List<RespSession> _sessions = [];
    private readonly HashSet<ServerUnderTest> _protobuf = [];
    private readonly StoreModel _store = new();
    private readonly ChannelModel _channels;
    private readonly RespModel _model;
    private SimulationRun _run = null!;
    private KeyValueDatabase _database = null!;
    private KeyValueLoop _loop = null!;
    private int _largestReply;

    public KeyValueScenario()
    {
        _channels = new ChannelModel(_sessions);
        _model = new RespModel(_store, _channels);
    }

    public override string Name => "kv";

    public override void Begin(SimulationRun run)
    {
        _run = run;
        var options = new KeyValueOptions
        {
            Unprotected = true,
            MaxSubscriberBytes = (int)run.Chance.Spread(64, 256 * 1024),
        };
        options.Loops.Count = 1;
        options.Loops.TimeProvider = run.Time;
        _database = new KeyValueDatabase(options);
        _ = new LoopGroup([run.Loop], new LoopClock(run.Time));
        _loop = _database.Loops[run.Loop.Context];
        if (run.Chance.Chance(0.7))
            run.StartTimer(TimeSpan.FromMilliseconds(run.Chance.Pick(100, 1_000)), _loop.ExpireSome);
    }

    public override void Adjust(ServerOptions options) =>
        options.MaxMessageBytes = Math.Max(options.MaxMessageBytes, MinMessageBytes);

    public override ConnectionHandler CreateHandler(ServerUnderTest server)
    {
        if (_run.Chance.Chance(0.7))
            return new RespHandler(_loop);
        _protobuf.Add(server);
        return new KeyValueHandler(_loop);
    }

    public override ModelClient CreateClient(
        ServerUnderTest server, SimulatedNetwork network, SimulatedConnection connection)
    {
        int maxValueBytes = server.Options.MaxMessageBytes - 200;
        return _protobuf.Contains(server)
            ? new ProtobufClient(network, connection, maxValueBytes)
            : new RespClient(network, connection, maxValueBytes);
    }

    public override int MaxReplyBytes(ServerUnderTest server)
    {
        if (_protobuf.Contains(server))
            return _largestReply;

        // Messages take a subscriber to its own limit where that is the higher one, a command that was received by then
        // adds its reply, and the message that drops the subscriber stays staged until its socket is closed.
        int aboveHighMark = Math.Max(0, _database.Options.MaxSubscriberBytes - server.Options.MaxSendQueueBytes);
        return aboveHighMark + _largestReply + _channels.LargestMessage;
    }

    public override long ReplyBytes(ConnectionRecord record) =>
        record.Client.SentForbidden ? -1 : ((ExpectingClient)record.Client).ExpectedBytes;

    public override bool Explains(ConnectionRecord record) =>
        record.Reason == CloseReason.LocalClose
        && _sessions.Find(session => session.Record == record) is { } session
        && (session.HasQuit || session.EverSubscribed);

    public override void OnOpened(ConnectionRecord record)
    {
        if (record.Client is RespClient)
            _sessions.Add(new RespSession(record));
    }

    /// <summary>The replies were staged and nothing has been sent yet: the model does the same commands now.</summary>
    public override void OnConsumed(ConnectionRecord record)
    {
        var client = (ExpectingClient)record.Client;
        _store.Now = _run.Time.GetUtcNow().ToUnixTimeMilliseconds();
        int first = client.Taken;
        _run.Require(client.Take(record.Consumed), $"{record}: a part of a command was consumed");
        for (int i = first; i < client.Taken; i++)
        {
            byte[] reply = client is RespClient resp
                ? Run(record, resp.Commands[i])
                : Run(((ProtobufClient)client).Messages[i]);
            _largestReply = Math.Max(_largestReply, reply.Length);
            client.Expect(reply);
        }
    }

    public override void OnClosed(ConnectionRecord record) => _sessions.RemoveAll(session => session.Record == record);

    public override void Dispose()
    {
        _database.Dispose();
        base.Dispose();
    }

    private byte[] Run(ConnectionRecord record, string[] words) =>
        Resp.Bytes(_model.Run(_sessions.Find(session => session.Record == record)!, words));

    private byte[] Run(ProtobufMessage request)
    {
        if (request.Kind == ProtobufMessage.Put)
        {
            _store.Set(request.Key, request.Value);
            return new ProtobufMessage("", "", ProtobufMessage.Put, 0).ToFrame();
        }

        string? value = _store.Find(request.Key);
        int status = value is null ? 1 : 0;
        return new ProtobufMessage(request.Key, value ?? "", ProtobufMessage.GetResponse, status).ToFrame();
    }
}
