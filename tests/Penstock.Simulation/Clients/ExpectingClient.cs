using Penstock.Simulation.Network;

namespace Penstock.Simulation.Clients;

/// <summary>
/// A client whose replies only a model of the server knows: whenever the server has taken requests, the model works
/// them off in the same order and says with <see cref="Expect"/> what must come of it, byte by byte.
/// </summary>
internal abstract class ExpectingClient(SimulatedNetwork network, SimulatedConnection connection)
    : ModelClient(network, connection)
{
    private readonly RequestEnds _requestEnds = new();
    private byte[] _expected = new byte[256];
    private byte[] _farewell = [];
    private int _expectedCount;

    /// <summary>Requests that were made up so far.</summary>
    public int Requests => _requestEnds.Count;

    /// <summary>Requests that the server has taken.</summary>
    public int Taken { get; private set; }

    public long ExpectedBytes => _expectedCount;

    public override bool IsAnswered => Taken == Requests && ReceivedBytes == ExpectedBytes;

    protected long ProducedBytes { get; private set; }

    /// <summary>The server owes the client these bytes, behind those that it owed before.</summary>
    public void Expect(ReadOnlySpan<byte> bytes)
    {
        if (_expectedCount + bytes.Length > _expected.Length)
            Array.Resize(ref _expected, Math.Max(_expected.Length * 2, _expectedCount + bytes.Length));
        bytes.CopyTo(_expected.AsSpan(_expectedCount));
        _expectedCount += bytes.Length;
    }

    public override long WholeRequestBytes(long count) => _requestEnds.WholeBytesIn(count);

    /// <summary>
    /// The server has consumed so many bytes: tells which requests that were, from <see cref="Taken"/> before the call
    /// to <see cref="Taken"/> after it.
    /// </summary>
    /// <returns>Whether it consumed whole requests only, or what is forbidden behind them.</returns>
    public bool Take(long consumed)
    {
        Taken = _requestEnds.WholeIn(consumed);
        return consumed == WholeRequestBytes(consumed) || (SentForbidden && Taken == Requests);
    }

    /// <summary>Where the request of this number lies in what is sent.</summary>
    public Range RangeOf(int request) =>
        (request == 0 ? 0 : (int)_requestEnds[request - 1])..(int)_requestEnds[request];

    protected void Produce(ByteFifo outbox, ReadOnlySpan<byte> request)
    {
        outbox.Write(request);
        ProducedBytes += request.Length;
        _requestEnds.Add(ProducedBytes);
    }

    /// <summary>What the protocol forbids, and what the server says to it before it ends the connection.</summary>
    protected void ProduceForbidden(ByteFifo outbox, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> farewell)
    {
        outbox.Write(bytes);
        _farewell = farewell.ToArray();
        SentForbidden = true;
    }

    protected override void OnReceived(ReadOnlySpan<byte> bytes)
    {
        long from = ReceivedBytes - bytes.Length;
        int owed = (int)Math.Min(bytes.Length, ExpectedBytes - from);
        int past = (int)(ReceivedBytes - ExpectedBytes);
        InvariantException.Require(past <= _farewell.Length, $"{past} bytes more than are owed came");
        InvariantException.Require(
            owed <= 0 || bytes[..owed].SequenceEqual(_expected.AsSpan((int)from, owed)),
            $"other bytes came than are owed, from {from} on: {Describe(bytes, from)}");
        InvariantException.Require(
            past <= 0 || _farewell.AsSpan(0, past).EndsWith(bytes[Math.Max(owed, 0)..]),
            $"another farewell came than is due");
    }

    private string Describe(ReadOnlySpan<byte> bytes, long from)
    {
        int owed = (int)Math.Min(bytes.Length, ExpectedBytes - from);
        int same = bytes[..owed].CommonPrefixLength(_expected.AsSpan((int)from, owed));
        ReadOnlySpan<byte> came = bytes[same..];
        ReadOnlySpan<byte> due = _expected.AsSpan((int)from + same, owed - same);
        return $"{Show(came)} instead of {Show(due)}";
    }

    private static string Show(ReadOnlySpan<byte> bytes) =>
        System.Text.Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 40)]).ReplaceLineEndings("~");
}
