namespace Penstock.KeyValue.Tests;

/// <summary>Key-value servers on free ports, over the mechanism that <c>PENSTOCK_IO</c> names.</summary>
internal static class Servers
{
    public static KeyValueServer Start(Action<KeyValueOptions>? configure = null, int loops = 1, IoMechanism? io = null)
    {
        var options = new KeyValueOptions
        {
            Protobuf = new ServerOptions(),
            Resp = new ServerOptions { MaxMessageBytes = 64 * 1024 * 1024 },
            Loops = { Count = loops, Io = io ?? Mechanism },
        };
        configure?.Invoke(options);
        return KeyValueServer.Start(options);
    }

    private static IoMechanism Mechanism =>
        Environment.GetEnvironmentVariable("PENSTOCK_IO") is { Length: > 0 } name
            ? Enum.Parse<IoMechanism>(name.Replace("-", "").Replace("_", ""), ignoreCase: true)
            : IoMechanism.Auto;
}
