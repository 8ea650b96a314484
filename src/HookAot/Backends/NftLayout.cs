namespace HookAot.Backends;
internal static class NftLayout { public const string LibvirtTable = "libvirt_network"; }
