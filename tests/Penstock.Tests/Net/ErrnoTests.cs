using System.ComponentModel;
using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Tests.Net;

public sealed class ErrnoTests
{
    [Fact]
    public void A_number_is_described_by_its_name_and_what_the_system_says()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other numbers.");
        Assert.Equal("EMFILE (too many open files)", Errno.Describe(Errno.EMFILE));
        Assert.Equal("EMFILE (too many open files)", Errno.Describe(-Errno.EMFILE));
        Assert.StartsWith("error 9999", Errno.Describe(9_999), StringComparison.Ordinal);
    }

    [Fact]
    public void The_numbers_are_those_of_this_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The table is checked against Linux.");
        Assert.Equal("Connection refused", new Win32Exception(Errno.ECONNREFUSED).Message);
        Assert.Equal("Resource temporarily unavailable", new Win32Exception(Errno.EAGAIN).Message);
        Assert.Equal("Address already in use", new Win32Exception(Errno.EADDRINUSE).Message);
        Assert.Equal("Operation now in progress", new Win32Exception(Errno.EINPROGRESS).Message);
    }

    [Fact]
    public void Native_errors_become_the_exceptions_that_sockets_throw()
    {
        Assert.Equal(SocketError.ConnectionRefused, SocketErrors.ToException(-Errno.ECONNREFUSED).SocketErrorCode);
        Assert.Equal(SocketError.ConnectionReset, SocketErrors.ToException(-Errno.ECONNRESET).SocketErrorCode);
        Assert.Equal(SocketError.AddressAlreadyInUse, SocketErrors.ToException(-Errno.EADDRINUSE).SocketErrorCode);
        Assert.Equal(SocketError.SocketError, SocketErrors.ToException(-9_999).SocketErrorCode);
        Assert.Contains(
            "ECONNREFUSED", SocketErrors.ToException(-Errno.ECONNREFUSED).Message, StringComparison.Ordinal);
    }
}
