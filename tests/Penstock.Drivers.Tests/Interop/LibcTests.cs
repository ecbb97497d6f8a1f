using System.Net;
using System.Net.Sockets;
using Penstock.Drivers.Tests.Polling;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Interop;

public sealed unsafe class LibcTests
{
    [Fact]
    public void Gathered_bytes_arrive_in_order()
    {
        using var pair = new ConnectedPair();
        byte[] arrived = new byte[5];
        fixed (byte* first = "ab"u8)
        fixed (byte* second = "cde"u8)
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = (nint)first, Length = 2 };
            vectors[1] = new IoVector { Base = (nint)second, Length = 3 };
            Assert.Equal(5, Libc.SendMessage(pair.Descriptor, vectors, 2));
        }
        for (int length = 0; length < arrived.Length;)
            length += pair.Far.Receive(arrived.AsSpan(length));
        Assert.Equal("abcde"u8, arrived);
    }

    [Fact]
    public void A_duplicate_is_not_inherited_by_programs_that_this_one_starts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows a descriptor's flags as a file.");
        using var pair = new ConnectedPair();
        int duplicate = Libc.Duplicate(pair.Descriptor);
        string flags = File.ReadLines($"/proc/self/fdinfo/{duplicate}")
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.Equal(0, Libc.Close(duplicate));
        const int closeOnExec = 0x80000;
        Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & closeOnExec);
    }

    [Fact]
    public void An_error_is_the_negative_number()
    {
        using var pair = new ConnectedPair();
        byte one;
        Assert.Equal(-Errno.EAGAIN, Libc.Receive(pair.Descriptor, &one, 1));
        Assert.Equal(-Errno.EBADF, Libc.Receive(-1, &one, 1));
        Assert.Equal(-Errno.EBADF, Libc.Close(-1));
    }

    [Fact]
    public void Sending_after_shutdown_is_an_error_and_no_signal()
    {
        using var pair = new ConnectedPair();
        byte one = 1;
        Assert.Equal(0, Libc.Shutdown(pair.Descriptor, Libc.ShutdownSend));
        Assert.Equal(-Errno.EPIPE, Libc.Send(pair.Descriptor, &one, 1));
        Assert.Equal(0, pair.Far.Receive(new byte[1]));
    }

    [Fact]
    public void Addresses_are_those_the_runtime_sees()
    {
        using var pair = new ConnectedPair();
        var address = new SocketAddress(AddressFamily.InterNetwork);
        Assert.Equal(0, Libc.GetSocketName(pair.Descriptor, address.Buffer.Span, out int length));
        Assert.Equal(address.Size, length);
        Assert.Equal(pair.Near.LocalEndPoint, new IPEndPoint(0, 0).Create(address));
        Assert.Equal(0, Libc.GetPeerName(pair.Descriptor, address.Buffer.Span, out _));
        Assert.Equal(pair.Near.RemoteEndPoint, new IPEndPoint(0, 0).Create(address));
    }

    [Fact]
    public void A_pending_error_is_told_once()
    {
        using var pair = new ConnectedPair();
        Assert.Equal(0, Libc.GetSocketError(pair.Descriptor));
        pair.ResetFromFar();
        Assert.Equal(Errno.ECONNRESET, Libc.GetSocketError(pair.Descriptor));
        Assert.Equal(0, Libc.GetSocketError(pair.Descriptor));
    }

    [Fact]
    public void An_accepted_socket_does_not_block()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "accept4 with flags is Linux's");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        int accepted = LinuxLibc.Accept((int)listener.SafeHandle.DangerousGetHandle());
        Assert.True(accepted >= 0);
        byte one;
        Assert.Equal(-Errno.EAGAIN, Libc.Receive(accepted, &one, 1));
        Assert.Equal(0, Libc.Close(accepted));
    }

    [Fact]
    public void A_signal_does_not_end_a_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals a thread through tgkill");
        using IDisposable handled = NativeTestCalls.HandleWindowChanged();
        using var pair = new ConnectedPair(isBlocking: true);
        // With a timeout the kernel never restarts the call by itself, so each signal that hits is an EINTR.
        pair.Near.ReceiveTimeout = 30_000;
        int thread = 0;
        int result = 0;
        var reader = new Thread(() =>
        {
            byte one;
            Volatile.Write(ref thread, NativeTestCalls.CurrentThread());
            result = Libc.Receive(pair.Descriptor, &one, 1);
        });
        reader.Start();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref thread) != 0, TimeSpan.FromSeconds(10)));
        for (int i = 0; i < 20 && !reader.Join(TimeSpan.FromMilliseconds(2)); i++)
            Assert.Equal(0, NativeTestCalls.Signal(Environment.ProcessId, thread, NativeTestCalls.WindowChanged));
        pair.SendFromFar();
        Assert.True(reader.Join(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, result);
    }

    [Fact]
    public void Error_numbers_are_described_by_name_and_meaning()
    {
        Assert.Equal("EMFILE (too many open files)", Errno.Describe(Errno.EMFILE));
        Assert.Equal("ECONNRESET (connection reset by peer)", Errno.Describe(-Errno.ECONNRESET));
        Assert.StartsWith("error 9999", Errno.Describe(9999));
    }
}
