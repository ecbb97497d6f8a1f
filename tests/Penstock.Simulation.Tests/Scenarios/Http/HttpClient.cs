using Penstock.Http;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>
/// Pipelines requests and takes the responses apart: each must be the next request's, whole and as it should be.
/// </summary>
internal sealed class HttpClient : ModelClient
{
    private readonly HttpScript _script;
    private readonly List<HttpCall> _calls = [];
    private readonly RequestEnds _ends = new();
    private readonly List<long> _beganAt = [];
    private readonly ByteFifo _unread = new();
    private readonly RequestBudget _budget;
    private readonly long _shortestPatience;
    private readonly VirtualTime _time;
    private readonly ServerUnderTest _server;
    private int _answered;
    private int _forbiddenStatus;
    private long _produced;
    private bool _mustEnd;
    private bool _continued;

    public HttpClient(
        ServerUnderTest server,
        SimulatedNetwork network,
        SimulatedConnection connection,
        HttpOptions options,
        long shortestPatience)
        : base(network, connection)
    {
        _server = server;
        _time = network.Time;
        _shortestPatience = shortestPatience;
        _script = new HttpScript(Chance, options, Math.Min(ScriptBytes, 20_000));
        _budget = new RequestBudget(Chance, maxRequests: 60, maxOutstanding: 32);
    }

    /// <summary>The server has, or may have, a reason to end the connection by itself.</summary>
    public bool MayBeClosed { get; private set; }

    /// <summary>A handler was asked to throw.</summary>
    public bool AskedToThrow { get; private set; }

    /// <summary>The server called the client too slow.</summary>
    public bool WasLate { get; private set; }

    /// <summary>Bytes of a response that did not come whole.</summary>
    public int TornBytes => _unread.Count;

    /// <summary>A response said that nothing follows it.</summary>
    public bool WasToldToLeave => _mustEnd;

    public override bool IsAnswered => _answered == _calls.Count;

    protected override bool IsScriptOver => _budget.IsSpent;

    public override long WholeRequestBytes(long count) => _ends.WholeBytesIn(count);

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (_produced >= ScriptBytes)
            _budget.Spend();
        if (!_budget.TryTake(outstanding: _calls.Count - _answered))
            return false;
        _beganAt.Add(_time.Now);
        if (Faults.Strikes(Fault.BadMessage))
        {
            (byte[] bytes, _forbiddenStatus) = _script.DrawForbidden();
            outbox.Write(bytes);
            SentForbidden = true;
            _budget.Spend();
            return true;
        }

        HttpCall call = _script.DrawCall();
        outbox.Write(call.Bytes);
        _produced += call.Bytes.Length;
        _calls.Add(call);
        _ends.Add(_produced);
        AskedToThrow |= call.Status == 500;
        MayBeClosed |= call.Closes;
        if (call.Closes)
            _budget.Spend();
        return true;
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes)
    {
        _unread.Write(bytes);
        while (_unread.Count > 0)
        {
            InvariantException.Require(!_mustEnd, $"{Show(_unread)} came behind a response that closes");
            bool isHead = _answered < _calls.Count && _calls[_answered].IsHead;
            if (HttpReplyReader.TryRead(_unread.Peek(_unread.Count), isHead) is not { } reply)
                return;
            Take(reply);
            _unread.Drop(reply.Length);
        }
    }

    private void Take(HttpReply reply)
    {
        if (reply.Status == 408)
            TakeLate();
        else if (_answered == _calls.Count)
            TakeRefusal(reply);
        else
            TakeAnswer(reply, _calls[_answered]);
        _mustEnd |= reply.SaysClose;
    }

    private void TakeAnswer(HttpReply reply, HttpCall call)
    {
        string what = System.Text.Encoding.Latin1.GetString(call.Bytes.AsSpan(0, Math.Min(40, call.Bytes.Length)));
        if (reply.Status == 100)
        {
            InvariantException.Require(call.Continues && !_continued, $"an unasked 100 for {what}");
            _continued = true;
            return;
        }

        InvariantException.Require(reply.Status == call.Status, $"{reply.Status} instead of {call.Status} for {what}");
        InvariantException.Require(
            call.Content is null || reply.Content.AsSpan().SequenceEqual(call.Content),
            $"{reply.Content.Length} bytes of content that are not the {call.Content?.Length} due for {what}");
        InvariantException.Require(
            reply.SaysClose == call.Closes || (reply.SaysClose && _server.IsStopping),
            $"the answer says close: {reply.SaysClose}, to {what}");
        InvariantException.Require(_continued == call.Continues, $"100 was told: {_continued}, for {what}");
        _continued = false;
        _answered++;
    }

    private void TakeRefusal(HttpReply reply)
    {
        InvariantException.Require(SentForbidden, $"{reply.Status} for nothing that was asked");
        InvariantException.Require(
            reply.Status == _forbiddenStatus, $"{reply.Status} instead of {_forbiddenStatus} for what is forbidden");
        InvariantException.Require(reply.SaysClose, $"a refusal keeps the connection");
    }

    private static string Show(ByteFifo bytes) =>
        System.Text.Encoding.Latin1.GetString(bytes.Peek(Math.Min(bytes.Count, 60))).ReplaceLineEndings("~");

    private void TakeLate()
    {
        WasLate = true;
        InvariantException.Require(_answered < _beganAt.Count, $"called late with nothing begun");
        long waited = _time.Now - _beganAt[_answered];
        InvariantException.Require(waited >= _shortestPatience, $"called late after {TimeSpan.FromTicks(waited)}");
        InvariantException.Require(_shortestPatience < long.MaxValue, $"called late without a limit");
    }
}
