using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Penstock.Interop.Posix;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>The other end of a driver's connection: a managed socket that never blocks the test.</summary>
internal sealed class Peer : IDisposable
{
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int UnackedOffset = 24;

    private static readonly byte[] Scratch = new byte[256 * 1024];

    private readonly Socket _socket;
    private byte[] _outgoing = [];
    private int _outgoingTaken;

    private Peer(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
    }

    public ByteLog Received { get; } = new();

    public bool IsFinished { get; private set; }

    /// <summary>What the connection broke with, once it did.</summary>
    public SocketError Error { get; private set; }

    /// <summary>The connection has ended, in whatever way.</summary>
    public bool IsGone => IsFinished || Error != SocketError.Success;

    public static Peer Connect(EndPoint remote, int receiveBufferBytes = 0)
    {
        bool isUnix = remote is UnixDomainSocketEndPoint;
        ProtocolType protocol = isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, protocol);
        if (!isUnix)
            socket.NoDelay = true;
        if (receiveBufferBytes > 0)
            socket.ReceiveBufferSize = receiveBufferBytes;
        socket.Connect(remote);
        return new Peer(socket);
    }

    public static Peer AcceptOn(Socket listener) => new(listener.Accept());

    /// <summary>Sends as much as the kernel takes now.</summary>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
            Error = error;
        return error == SocketError.Success ? sent : 0;
    }

    /// <summary>Sends a little, which the kernel must take at once.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => Assert.Equal(bytes.Length, TrySend(bytes));

    /// <summary>As <see cref="Send"/>, and returns when the driver's side of the kernel has it.</summary>
    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        Send(bytes);
        AwaitDelivered();
    }

    /// <summary>As <see cref="Deliver"/>, with a FIN behind it.</summary>
    public void DeliverAndFinish(ReadOnlySpan<byte> bytes)
    {
        Send(bytes);
        Finish();
        AwaitDelivered();
    }

    /// <summary>Sends a lot: <see cref="Push"/> goes on with it.</summary>
    public void Begin(byte[] bytes)
    {
        _outgoing = bytes;
        _outgoingTaken = 0;
        Push();
    }

    /// <summary>Goes on with what <see cref="Begin"/> began; whether all of it is out.</summary>
    public bool Push()
    {
        if (_outgoingTaken < _outgoing.Length)
            _outgoingTaken += TrySend(_outgoing.AsSpan(_outgoingTaken));
        return _outgoingTaken == _outgoing.Length;
    }

    /// <summary>Reads what has arrived, up to a limit.</summary>
    public Peer Drain(int limit = int.MaxValue)
    {
        while (limit > 0 && !IsFinished && Error == SocketError.Success)
        {
            int length = Math.Min(limit, Scratch.Length);
            int count = _socket.Receive(Scratch.AsSpan(0, length), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                Error = error;
            else
                IsFinished = count == 0;
            Received.Append(Scratch.AsSpan(0, count));
            limit -= count;
        }

        return this;
    }

    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>
    /// Returns when the driver's side of the kernel has all that was sent, FIN included. Asked of this end, as the
    /// driver may read the other at any time.
    /// </summary>
    public void AwaitDelivered()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells what is still on its way");
        Assert.True(SpinWait.SpinUntil(() => Unacknowledged() == 0, DriverHarness.Patience), "never delivered");
    }

    /// <summary>Segments that a socket has sent and its other end has not confirmed; 0 where no system tells.</summary>
    public static unsafe uint Unacknowledged(int descriptor)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        byte* info = stackalloc byte[104];
        uint length = 104;
        int result = LibcImports.getsockopt(descriptor, TcpLevel, TcpInfo, info, &length);
        return result < 0 ? 0 : *(uint*)(info + UnackedOffset);
    }

    public void Dispose() => _socket.Dispose();

    private uint Unacknowledged()
    {
        Span<byte> info = stackalloc byte[104];
        _socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
        return BinaryPrimitives.ReadUInt32LittleEndian(info[UnackedOffset..]);
    }
}
