using System.Net;
using System.Net.Sockets;
using Penstock.Interop.Posix;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>Two ends of a TCP connection over loopback. The near end is what a poller watches.</summary>
internal sealed class ConnectedPair : IDisposable
{
    /// <summary>Connects; the runtime cannot make a descriptor blocking again, so that is decided here.</summary>
    internal ConnectedPair(bool isBlocking = false)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Far.Connect(listener.LocalEndPoint!);
        Near = listener.Accept();
        Near.Blocking = isBlocking;
    }

    internal Socket Near { get; }

    internal Socket Far { get; }

    internal int Descriptor => (int)Near.SafeHandle.DangerousGetHandle();

    internal void SendFromFar(int length = 1) => Assert.Equal(length, Far.Send(new byte[length]));

    internal void FinishFromFar() => Far.Shutdown(SocketShutdown.Send);

    internal void ResetFromFar()
    {
        Far.LingerState = new LingerOption(true, 0);
        Far.Close();
        WaitForHangUp();
    }

    internal int ReadAll() => Near.Receive(new byte[4096]);

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }

    // Asks the kernel past the poller under test, so that a silent poller is known to have had something to say.
    private unsafe void WaitForHangUp()
    {
        PollDescriptor descriptor = new() { Descriptor = Descriptor };
        Assert.Equal(1, Libc.Poll(&descriptor, 1, 10_000));
    }
}
