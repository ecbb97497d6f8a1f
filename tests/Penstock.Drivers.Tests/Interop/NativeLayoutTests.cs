using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;

namespace Penstock.Drivers.Tests.Interop;

public sealed unsafe class NativeLayoutTests
{
    [Fact]
    public void Structs_have_the_sizes_of_the_64_bit_C_headers()
    {
        Assert.Equal(16, Unsafe.SizeOf<IoVector>());
        Assert.Equal(8, Unsafe.SizeOf<PollDescriptor>());
        Assert.Equal(56, Unsafe.SizeOf<MessageHeader>());
    }

    [Fact]
    public void An_epoll_event_is_packed_on_x64_only()
    {
        bool isPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Assert.Equal(isPacked ? 12 : 16, EpollEventBuffer.Stride);
        Assert.Equal(isPacked ? 4 : 8, EpollEventBuffer.DataOffset);
        Assert.InRange(EpollEventBuffer.Stride, 1, EpollEventBuffer.MaxStride);
    }

    [Fact]
    public void Epoll_events_lie_side_by_side()
    {
        var buffer = new EpollEventBuffer(3);
        for (int i = 0; i < buffer.Capacity; i++)
            EpollEventBuffer.Write(buffer.Start + i * EpollEventBuffer.Stride, (uint)i, ulong.MaxValue - (ulong)i);
        for (int i = 0; i < buffer.Capacity; i++)
            Assert.Equal(((uint)i, ulong.MaxValue - (ulong)i), (buffer.Mask(i), buffer.Data(i)));
    }
}
