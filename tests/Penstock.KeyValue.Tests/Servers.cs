namespace Penstock.KeyValue.Tests;

/// <summary>
/// Key-value servers on free ports, over the mechanism of <see cref="TestIo"/> unless a test asks for one.
/// </summary>
internal static class Servers
{
    public static KeyValueServer Start(Action<KeyValueOptions>? configure = null, int loops = 1, IoMechanism? io = null)
    {
        var options = new KeyValueOptions
        {
            Protobuf = new ServerOptions(),
            Resp = new ServerOptions { MaxMessageBytes = 64 * 1024 * 1024 },
        };
        TestIo.Apply(options.Loops, loops, io);
        configure?.Invoke(options);
        return KeyValueServer.Start(options);
    }
}
