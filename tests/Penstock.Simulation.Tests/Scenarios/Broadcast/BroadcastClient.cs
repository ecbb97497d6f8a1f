using Penstock.Broadcast;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios.Broadcast;

/// <summary>
/// Says things, and hears what everybody says: what it hears must be what the model says that it is owed, in that
/// order; where messages may be dropped, with whole ones left out.
/// </summary>
internal sealed class BroadcastClient : ModelClient
{
    private const int MaxMessageBytes = 2_000;

    private readonly BroadcastFraming _framing;
    private readonly int _maxMessageBytes;
    private readonly bool _mayMiss;
    private readonly RequestEnds _messageEnds = new();
    private readonly List<byte[]> _owed = [];
    private readonly ByteFifo _unread = new();
    private int _messagesLeft;
    private long _produced;
    private long _owedBytes;
    private long _heardWhole;
    private int _next;

    public BroadcastClient(
        SimulatedNetwork network, SimulatedConnection connection, BroadcastFraming framing, ServerOptions options)
        : base(network, connection)
    {
        _framing = framing;
        _maxMessageBytes = Math.Min(options.MaxMessageBytes, MaxMessageBytes);
        _mayMiss = options.SlowConsumer == SlowConsumerPolicy.DropOldest;
        _messagesLeft = (int)Chance.Spread(1, 40) - 1;
    }

    /// <summary>Messages that are owed to the client.</summary>
    public int Owed => _owed.Count;

    /// <summary>Messages that came whole.</summary>
    public int Heard { get; private set; }

    /// <summary>Owed bytes that did not come, where none may be missed.</summary>
    public long MissingBytes => _mayMiss ? 0 : _owedBytes - ReceivedBytes;

    /// <summary>Bytes of a message of which the rest did not come.</summary>
    public int TornBytes => _unread.Count;

    /// <summary>Messages that the server says it dropped for this client; by the engine's account.</summary>
    public Func<long> Dropped { get; set; } = () => 0;

    /// <summary>What the server has taken of what was sent.</summary>
    public long TakenBytes { get; set; }

    public override bool IsAnswered =>
        TakenBytes == _produced && (_mayMiss ? Heard + Dropped() == Owed : MissingBytes == 0);

    protected override bool IsScriptOver => _messagesLeft == 0;

    public override long WholeRequestBytes(long count)
    {
        if (_framing == BroadcastFraming.Raw)
            return SentForbidden ? 0 : count;
        return _messageEnds.WholeBytesIn(count);
    }

    /// <summary>A message that everybody hears was taken: it is owed from now on.</summary>
    public void Owe(byte[] message)
    {
        _owed.Add(message);
        _owedBytes += message.Length;
    }

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (_produced >= ScriptBytes)
            _messagesLeft = 0;
        if (_messagesLeft == 0)
            return false;
        _messagesLeft--;
        bool forbidden = _framing != BroadcastFraming.Raw && Faults.Strikes(Fault.BadMessage);
        byte[] payload = new byte[(int)Chance.Spread(1, Math.Min(_maxMessageBytes, ScriptBytes) + 1) - 1];
        Chance.Fill(payload);
        byte[] frame = forbidden ? TooLong() : Wire.Frame(_framing, payload);
        outbox.Write(frame);
        if (forbidden)
        {
            SentForbidden = true;
            _messagesLeft = 0;
            return true;
        }

        _produced += frame.Length;
        _messageEnds.Add(_produced);
        return true;
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes)
    {
        _unread.Write(bytes);
        while (_unread.Count > 0)
        {
            ReadOnlySpan<byte> unread = _unread.Peek(_unread.Count);
            int length = _mayMiss ? Wire.LengthOf(_framing, unread) : NextLength(unread);
            if (length == 0)
                return;
            Hear(unread[..length]);
            _unread.Drop(length);
        }
    }

    /// <summary>The next message is known, so what is there of it is compared at once.</summary>
    private int NextLength(ReadOnlySpan<byte> unread)
    {
        InvariantException.Require(_next < _owed.Count, $"{unread.Length} bytes more came than everybody said");
        byte[] next = _owed[_next];
        int there = Math.Min(unread.Length, next.Length);
        InvariantException.Require(
            unread[..there].SequenceEqual(next.AsSpan(0, there)),
            $"message {_next} is not what was said, after {_heardWhole} bytes");
        return there == next.Length ? there : 0;
    }

    private void Hear(ReadOnlySpan<byte> message)
    {
        int missed = 0;
        while (_next < _owed.Count && !message.SequenceEqual(_owed[_next]))
        {
            _next++;
            missed++;
        }

        InvariantException.Require(_next < _owed.Count, $"a message came that nobody said, or out of its order");
        InvariantException.Require(missed == 0 || _mayMiss, $"{missed} messages were missed");
        _next++;
        Heard++;
        _heardWhole += message.Length;
    }

    private byte[] TooLong() => _framing switch
    {
        BroadcastFraming.Lines => [.. Enumerable.Repeat((byte)'x', _maxMessageBytes + MaxMessageBytes), (byte)'\n'],
        BroadcastFraming.UInt32LittleEndian => [0xFF, 0xFF, 0xFF, 0xFF],
        _ => [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    };
}
