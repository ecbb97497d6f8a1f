using Penstock.Simulation.Network;

namespace Penstock.Simulation.Clients;

/// <summary>
/// The other end of one connection: sends a script of requests in pieces and with pauses, reads in pieces and with
/// pauses, and checks what it reads. What it sends and how it checks is a scenario's; how it behaves is drawn from the
/// seed.
/// </summary>
internal abstract class ModelClient : INetworkTarget
{
    private const int MaxPieceBytes = 64 * 1024;
    private const int MaxPiecesPerScript = 200;

    private readonly SimulatedNetwork _network;
    private readonly ByteFifo _outbox = new();
    private readonly int _writePiece;
    private byte[] _sent = new byte[256];
    private long _readAgainAt;
    private long _writeAgainAt;
    private bool _stepPending;
    private bool _finished;

    protected ModelClient(SimulatedNetwork network, SimulatedConnection connection)
    {
        _network = network;
        Connection = connection;
        _writePiece = (int)network.Chance.Spread(4, MaxPieceBytes);
        Manners = network.Chance.Pick(ClientManners.HalfClose, ClientManners.CloseWhenAnswered, ClientManners.Stay);
        connection.Client = this;
        connection.ClientChanged = Poke;
        connection.ToServer.Drained = Poke;
    }

    public SimulatedConnection Connection { get; }

    /// <summary>How the client ends the conversation.</summary>
    public ClientManners Manners { get; set; }

    /// <summary>Everything that was given to the network so far.</summary>
    public ReadOnlySpan<byte> Sent => _sent.AsSpan(0, SentBytes);

    public int SentBytes { get; private set; }

    public long ReceivedBytes { get; private set; }

    /// <summary>The client has nothing more to do or to see.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The server's FIN came, after everything that it sent.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>The connection failed under the client, or the client gave it up.</summary>
    public bool WasCutOff { get; private set; }

    /// <summary>Something was sent that the protocol forbids.</summary>
    public bool SentForbidden { get; protected set; }

    /// <summary>Whether every request that was sent whole has been answered.</summary>
    public abstract bool IsAnswered { get; }

    protected SeededGenerator Chance => _network.Chance;

    /// <summary>
    /// The most bytes that a script should have: a connection that moves one byte at a time gets a short one, or the
    /// run would be all about it.
    /// </summary>
    protected int ScriptBytes =>
        MaxPiecesPerScript
        * Math.Min(_writePiece, Math.Min(Connection.ToServer.Capacity, Connection.ToClient.Capacity));

    protected FaultPlan Faults => _network.Faults;

    /// <summary>
    /// How many of the first <paramref name="count"/> bytes sent belong to whole requests that a server answers.
    /// </summary>
    public abstract long WholeRequestBytes(long count);

    /// <summary>Has the client look at its end of the connection.</summary>
    public void Poke()
    {
        if (_stepPending || IsDone)
            return;
        _stepPending = true;
        _network.Schedule(_network.Time.Now + Chance.Between(0, 20) * VirtualTime.Microsecond, this, 1);
    }

    public void Happen(int what, long argument)
    {
        if (what == 1)
            _stepPending = false;
        if (!IsDone)
            Step();
    }

    /// <summary>Adds the next request to <paramref name="outbox"/>; false when none is to be sent now.</summary>
    protected abstract bool TryProduce(ByteFifo outbox);

    /// <summary>No request will ever follow those that were produced.</summary>
    protected abstract bool IsScriptOver { get; }

    /// <summary>The next bytes that the server sent.</summary>
    protected abstract void OnReceived(ReadOnlySpan<byte> bytes);

    private void Step()
    {
        if (Faults.Strikes(Fault.ClientReset))
        {
            Connection.ResetByClient();
            End(cutOff: true);
            return;
        }

        Read();
        if (!IsDone)
            Write();
        if (!IsDone)
            Conclude();
    }

    private void Read()
    {
        if (_network.Time.Now < _readAgainAt)
            return;
        if (Faults.Strikes(Fault.StalledReader))
        {
            _readAgainAt = StallUntil();
            return;
        }

        Span<byte> buffer = _network.Scratch.AsSpan(0, (int)Chance.Spread(1, _network.Scratch.Length));
        int count = Connection.ToClient.Read(buffer);
        ReceivedBytes += count;
        if (count > 0)
            OnReceived(buffer[..count]);
        if (Connection.ToClient.Available > 0)
            Poke();
        else if (Connection.ToClient.IsAtEnd)
            SeeEnd();
        else if (Connection.IsClientReset)
            End(cutOff: true);
    }

    private void SeeEnd()
    {
        SawEnd = true;
        Connection.ToServer.Finish();
        End(cutOff: false);
    }

    private void Write()
    {
        if (_finished || _network.Time.Now < _writeAgainAt)
            return;
        if (Faults.Strikes(Fault.StalledWriter))
        {
            _writeAgainAt = StallUntil();
            return;
        }

        if (_outbox.Count == 0 && !TryProduce(_outbox))
            return;
        ReadOnlySpan<byte> piece = _outbox.Peek(Math.Min(_outbox.Count, _writePiece));
        int count = Connection.ToServer.Write(piece);
        Remember(piece[..count]);
        _outbox.Drop(count);
        if (count > 0)
            Poke();
    }

    private void Conclude()
    {
        bool allSent = IsScriptOver && _outbox.Count == 0;
        if (Faults.Strikes(Fault.ClientLeaves) || (allSent && IsAnswered && Manners == ClientManners.CloseWhenAnswered))
        {
            Connection.CloseByClient();
            End(cutOff: true);
        }
        else if (allSent && !_finished && Manners == ClientManners.HalfClose)
        {
            _finished = true;
            Connection.ToServer.Finish();
        }
    }

    private void End(bool cutOff)
    {
        IsDone = true;
        WasCutOff = cutOff;
    }

    private void Remember(ReadOnlySpan<byte> bytes)
    {
        if (SentBytes + bytes.Length > _sent.Length)
            Array.Resize(ref _sent, Math.Max(_sent.Length * 2, SentBytes + bytes.Length));
        bytes.CopyTo(_sent.AsSpan(SentBytes));
        SentBytes += bytes.Length;
    }

    private long StallUntil()
    {
        long until = _network.Time.Now + Chance.Spread(VirtualTime.Millisecond, 100 * VirtualTime.Second);
        _network.Schedule(until, this, 0);
        return until;
    }
}
