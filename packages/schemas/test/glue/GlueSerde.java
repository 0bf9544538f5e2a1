import com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryKafkaDeserializer;
import com.amazonaws.services.schemaregistry.serializers.GlueSchemaRegistryKafkaSerializer;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.TimestampProto;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/**
 * AWS's own client, as a file: endpoint, region, topic and compression, then `write`, a file's descriptor (base64) and names of messages,
 * each with its bytes (hex), or `read` and bytes. Prints a line for each: what is stored, or what was read, as name and bytes.
 */
public class GlueSerde {
  public static void main(String[] args) throws Exception {
    Map<String, Object> config = new HashMap<>();
    config.put("endpoint", args[0]);
    config.put("region", args[1]);
    config.put("compression", args[3]);
    config.put("dataFormat", "PROTOBUF");
    config.put("schemaAutoRegistrationEnabled", true);
    config.put("protobufMessageType", "DYNAMIC_MESSAGE");
    var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    if (args[4].equals("write")) {
      var proto = FileDescriptorProto.parseFrom(Base64.getDecoder().decode(args[5]));
      var known = new FileDescriptor[] {TimestampProto.getDescriptor()};
      var file = FileDescriptor.buildFrom(proto, known);
      try (var serializer = new GlueSchemaRegistryKafkaSerializer(credentials, config)) {
        serializer.configure(config, false);
        for (int at = 6; at < args.length; at += 2) {
          DynamicMessage data = DynamicMessage.parseFrom(find(file, args[at]), HexFormat.of().parseHex(args[at + 1]));
          System.out.println(HexFormat.of().formatHex(serializer.serialize(args[2], data)));
        }
      }
    } else {
      try (var deserializer = new GlueSchemaRegistryKafkaDeserializer(credentials, config)) {
        deserializer.configure(config, false);
        for (int at = 5; at < args.length; at++) {
          var read = (Message) deserializer.deserialize(args[2], HexFormat.of().parseHex(args[at]));
          String bytes = HexFormat.of().formatHex(read.toByteArray());
          System.out.println(read.getDescriptorForType().getFullName() + " " + bytes);
        }
      }
    }
    // Its threads would keep the process.
    System.exit(0);
  }

  private static Descriptor find(FileDescriptor file, String name) {
    String[] path = name.split("\\.");
    Descriptor found = file.findMessageTypeByName(path[0]);
    for (int at = 1; at < path.length; at++) found = found.findNestedTypeByName(path[at]);
    return found;
  }
}
