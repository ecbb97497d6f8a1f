using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers;

/// <summary>
/// The system calls through which bytes and connections reach a <see cref="ReadinessDriver"/>, each returning what the
/// kernel says or <c>-errno</c>. Virtual, so that a test can stand between the driver and the kernel; in production
/// there is one implementation, and the calls are direct after tiering.
/// </summary>
internal unsafe class SocketCalls
{
    /// <summary>The kernel, with nothing in between.</summary>
    public static SocketCalls Native { get; } = new();

    public virtual int Accept(int listener) => NativeSocket.Accept(listener);

    public virtual int Receive(int descriptor, byte* buffer, int length) => Libc.Receive(descriptor, buffer, length);

    public virtual int Send(int descriptor, byte* buffer, int length) => Libc.Send(descriptor, buffer, length);

    public virtual int SendMessage(int descriptor, IoVector* vectors, int count) =>
        Libc.SendMessage(descriptor, vectors, count);
}
