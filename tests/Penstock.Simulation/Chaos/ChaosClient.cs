using System.Net;
using System.Net.Sockets;

namespace Penstock.Simulation.Chaos;

/// <summary>
/// A real client that never blocks: writes and reads in pieces, and checks that what comes back is what went out.
/// </summary>
internal sealed class ChaosClient : IDisposable
{
    private readonly SeededGenerator _chance;
    private readonly Socket _socket;
    private readonly byte[] _script;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _written;

    public ChaosClient(SeededGenerator chance, EndPoint server, byte[] script)
    {
        _chance = chance;
        _script = script;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        // Small buffers, so that sends are cut short and senders have to wait.
        _socket.ReceiveBufferSize = (int)chance.Spread(2_048, 64 * 1024);
        _socket.Connect(server);
        _socket.Blocking = false;
    }

    /// <summary>Bytes that came back, all as they were sent.</summary>
    public int Echoed { get; private set; }

    public bool IsComplete => Echoed == _script.Length;

    public bool IsDone { get; private set; }

    /// <summary>Does a little; returns whether anything moved.</summary>
    public bool Step()
    {
        if (IsDone)
            return false;
        bool wrote = _chance.Chance(0.7) && Write();
        bool read = _chance.Chance(0.7) && Read();
        return wrote || read;
    }

    public void Dispose() => _socket.Dispose();

    private bool Write()
    {
        if (_written == _script.Length)
            return false;
        int length = Math.Min(_script.Length - _written, (int)_chance.Spread(1, 32 * 1024));
        int sent = _socket.Send(_script.AsSpan(_written, length), SocketFlags.None, out SocketError error);
        if (error != SocketError.Success)
            return GiveUpUnlessBlocked(error);
        _written += sent;
        if (_written == _script.Length)
            _socket.Shutdown(SocketShutdown.Send);
        return true;
    }

    private bool Read()
    {
        int length = (int)_chance.Spread(1, _buffer.Length);
        int count = _socket.Receive(_buffer.AsSpan(0, length), SocketFlags.None, out SocketError error);
        if (error != SocketError.Success)
            return GiveUpUnlessBlocked(error);
        if (count == 0)
        {
            IsDone = true;
            return true;
        }

        InvariantException.Require(
            Echoed + count <= _script.Length && _buffer.AsSpan(0, count).SequenceEqual(_script.AsSpan(Echoed, count)),
            $"other bytes came back than were sent, after {Echoed}");
        Echoed += count;
        return true;
    }

    private bool GiveUpUnlessBlocked(SocketError error)
    {
        IsDone = error != SocketError.WouldBlock;
        return IsDone;
    }
}
