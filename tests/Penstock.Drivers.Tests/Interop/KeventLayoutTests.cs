using System.Runtime.CompilerServices;
using Penstock.Interop.Bsd;

namespace Penstock.Drivers.Tests.Interop;

public sealed unsafe class KeventLayoutTests
{
    [Fact]
    public void An_entry_has_the_size_of_the_system_s_struct()
    {
        Assert.Equal(OperatingSystem.IsFreeBSD() ? 64 : 32, KeventBuffer.Stride);
        Assert.Equal(16, Unsafe.SizeOf<TimeSpecification>());
    }

    [Fact]
    public void Every_field_lies_where_the_headers_put_it()
    {
        var buffer = new KeventBuffer(2);
        buffer.Set(1, 0x01020304, -2, 0x1122, 0x55667788, 0x99AABBCC_DDEEFF01);
        byte* entry = buffer.Start + KeventBuffer.Stride;
        Assert.Equal(0x01020304, *(long*)entry);
        Assert.Equal(-2, *(short*)(entry + 8));
        Assert.Equal(0x1122, *(ushort*)(entry + 10));
        Assert.Equal(0x55667788u, *(uint*)(entry + 12));
        Assert.Equal(0, *(long*)(entry + 16));
        Assert.Equal(0x99AABBCC_DDEEFF01, *(ulong*)(entry + 24));
    }

    [Fact]
    public void What_was_written_is_read_back_and_neighbours_stay_untouched()
    {
        var buffer = new KeventBuffer(3);
        for (int i = 0; i < buffer.Capacity; i++)
            buffer.Set(i, i + 1, (short)-(i + 1), (ushort)i, (uint)i + 9, ulong.MaxValue - (ulong)i);
        for (int i = 0; i < buffer.Capacity; i++)
        {
            Assert.Equal((i + 1, (short)-(i + 1)), (buffer.Ident(i), buffer.Filter(i)));
            Assert.Equal(((ushort)i, (uint)i + 9), (buffer.Flags(i), buffer.FilterFlags(i)));
            Assert.Equal((0L, ulong.MaxValue - (ulong)i), (buffer.Data(i), buffer.UserData(i)));
        }
    }

    [Fact]
    public void A_duration_becomes_seconds_and_nanoseconds_without_loss()
    {
        TimeSpecification time = TimeSpecification.From(TimeSpan.FromTicks((3 * TimeSpan.TicksPerSecond) + 7));
        Assert.Equal((3L, 700L), (time.Seconds, time.Nanoseconds));
    }
}
