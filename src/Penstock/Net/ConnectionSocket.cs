using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock;

/// <summary>
/// A connection's socket for threads other than its loop's. The loop retires it before it closes the descriptor, so a
/// call that comes late does nothing instead of reaching whoever uses the number next.
/// </summary>
/// <remarks>
/// A lock around every call was preferred to counting the calls under way: the loop has to wait for them anyway, they
/// last as long as one system call, and a connection that nobody else touches never makes this object.
/// </remarks>
public sealed class ConnectionSocket
{
    private const int MaxSegmentsPerSend = 16;

    private readonly Lock _gate = new();
    private readonly SocketHandle _socket;
    private bool _retired;

    internal ConnectionSocket(SocketHandle socket, bool isRetired)
    {
        _socket = socket;
        _retired = isRetired;
    }

    /// <summary>
    /// Offers bytes to the kernel from the calling thread, without waiting and without the loop. Bytes that are
    /// staged on the <see cref="Connection"/> are not waited for: the caller sees to it that there are none.
    /// </summary>
    /// <param name="bytes">Read during the call only.</param>
    /// <returns>
    /// How many bytes, from the front, were taken. 0 when none can be, for whatever reason: the rest belongs on the
    /// loop, which waits for room, or finds the error.
    /// </returns>
    public int TrySend(in ReadOnlySequence<byte> bytes)
    {
        if (_socket.Socket is not null)
            return 0;
        lock (_gate)
        {
            if (_retired)
                return 0;
            int sent = bytes.IsSingleSegment ? SendOne(bytes.FirstSpan) : SendMany(in bytes);
            return Math.Max(sent, 0);
        }
    }

    /// <summary>
    /// A managed socket on a second descriptor of the connection, for options and addresses that the engine has no
    /// member for. The connection does not end for its peer before this socket is disposed, so dispose it in
    /// <see cref="ConnectionHandler.OnClosed"/> at the latest.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The connection has ended.</exception>
    /// <exception cref="SocketException">The process is out of descriptors.</exception>
    public Socket Duplicate()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_retired, this);
            int descriptor = Libc.Duplicate(_socket.Descriptor);
            if (descriptor < 0)
                throw SocketErrors.ToException(descriptor);
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }
    }

    /// <summary>Waits for the call under way, and makes all later ones do nothing.</summary>
    internal void Retire()
    {
        lock (_gate)
            _retired = true;
    }

    private unsafe int SendOne(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            var vector = new IoVector { Base = (nint)first, Length = (nuint)bytes.Length };
            return Libc.SendMessageWithoutWaiting(_socket.Descriptor, &vector, 1);
        }
    }

    private unsafe int SendMany(in ReadOnlySequence<byte> bytes)
    {
        IoVector* vectors = stackalloc IoVector[MaxSegmentsPerSend];
        var pins = default(Pins);
        int count = 0;
        try
        {
            foreach (ReadOnlyMemory<byte> segment in bytes)
            {
                if (count == MaxSegmentsPerSend)
                    break;
                pins[count] = segment.Pin();
                vectors[count] = new IoVector { Base = (nint)pins[count].Pointer, Length = (nuint)segment.Length };
                count++;
            }

            return Libc.SendMessageWithoutWaiting(_socket.Descriptor, vectors, count);
        }
        finally
        {
            for (int i = 0; i < count; i++)
                pins[i].Dispose();
        }
    }

    [InlineArray(MaxSegmentsPerSend)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}
